; QemuLab accelerator probe: a firmware that answers one question, "does guest code really run here?".
;
; That /dev/kvm opens and KVM_CREATE_VM succeeds proves nothing, and neither does a firmware that prints its
; banner: some accelerators carry real mode, paging and even long mode, and stop at the first SSE instruction
; or on the way to ring 3. So this ROM walks through what a 64-bit kernel does while it boots, in that order,
; and reports each stage with one letter.
;
; Build:   nasm -f bin probe.asm -o probe.bin
;   gives the code part only. The 64 KiB ROM is laid out by the caller: this code at 0x0000, fill 0xFF,
;   at 0xFFF0 the reset vector `EA 00 00 00 F0` (jmp 0xF000:0x0000), zeros from there to the end.
;
; Run (ACCEL and MODEL must be the ones the machine will use):
;   qemu-system-x86_64 -nodefaults -no-user-config -no-reboot -machine q35 -accel ACCEL -cpu MODEL -m 16
;     -display none -bios ROM -chardev stdio,id=d -device isa-debugcon,iobase=0x402,chardev=d
;     -device isa-debug-exit,iobase=0xf4,iosize=4
;
; Verdict: good only if the exit status is 33 AND stdout is exactly RPTGLHUWFNXCAIS.
;   33   all stages passed (0x10 written to port 0xf4; QEMU exits with value*2+1)
;   35   a stage gave a wrong result, or an exception or interrupt came that nobody asked for (0x11 written)
;    0   triple fault (-no-reboot turns it into a clean exit): never a success
;   134  QEMU itself aborted
;   killed at the caller's deadline: the guest hangs
; A letter is written after its stage was proven, so when the string is cut short, the stage AFTER the last
; letter is the one that failed.
;
;   R real mode            H high half, from RAM      X SSE registers
;   P protected mode       U IDT and #UD              C time stamp counter
;   T page tables in RAM   W cpuid, MSRs, swapgs      A local APIC timer wakes hlt
;   G paging, EFER         F #PF, repair, retry       I self-IPI
;   L 64-bit code          N x87                      S ring 3 and back (sysret, syscall)
;
; RAM used, physical:
;   0x0000 magic value     0x1000 PML4   0x2000 PDPT   0x3000 PD of the first GiB   0x4000 PD of the last GiB
;   0x5000 IDT             0x6000 variables            0x7c00 stack, downwards
;   0x100000 copy of this code                         0x200000 user code

ROM_LOW     equ 0xF0000                 ; the ROM's alias below 1 MiB (real mode sees it as F000:0000)
KERNEL      equ 0xffffffff80000000      ; where Linux lives: PML4[511], PDPT[510]; mapped to physical 0
COPY        equ 0x100000                ; physical address of the copy
HIGH        equ KERNEL + COPY           ; its virtual address; HIGH + label is where a label runs from stage H on
USER        equ 0x200000
STACK       equ 0x7c00

PML4        equ 0x1000
PDPT        equ 0x2000
PD_LOW      equ 0x3000
PD_TOP      equ 0x4000
IDT         equ 0x5000
UD_COUNT    equ 0x6000                  ; dwords, counted by the handlers
PF_COUNT    equ 0x6004
IRQ_COUNT   equ 0x6008
FPU_STATUS  equ 0x600c
GS_USER     equ 0x6100                  ; two GS areas, swapped by swapgs
GS_KERNEL   equ 0x6200

CODE32      equ 0x08                    ; selectors, see gdt
DATA        equ 0x10
CODE64      equ 0x18
KDATA64     equ 0x20
USER_BASE   equ 0x28                    ; what STAR gets for sysret: SS = +8, CS = +16
USER_CS     equ 0x3b                    ; = USER_BASE + 16, RPL 3

LAPIC       equ 0xfee00000
VECTOR      equ 0x40                    ; of the APIC timer and of the IPI
MAGIC       equ 0x51e3a7c9              ; any value that memory does not hold by accident
USER_VALUE  equ 0x5a5a                  ; what the user code hands over

PORT_TEXT   equ 0x402                   ; isa-debugcon
PORT_EXIT   equ 0xf4                    ; isa-debug-exit
EXIT_GOOD   equ 0x10                    ; status 33
EXIT_BAD    equ 0x11                    ; status 35

%macro SAY 1                            ; one letter to stdout; changes AL and DX
        mov     dx, PORT_TEXT
        mov     al, %1
        out     dx, al
%endmacro

%macro WRITE_MSR 3                      ; number, high half, low half; changes EAX, ECX, EDX
        mov     ecx, %1
        mov     edx, %2
        mov     eax, %3
        wrmsr
%endmacro

        org     0

; ---------------------------------------------------------------------------------------------------------
; R: real mode. The reset vector jumps here. Catches an accelerator that cannot run 16-bit code (or needs it
; emulated and has no emulator), and a port write that does not reach QEMU.
        bits    16
start16:
        cli
        cld
        SAY     'R'
        o32 lgdt [cs:gdtr]              ; o32: all 32 bits of the base
        mov     eax, cr0
        or      al, 1                   ; PE
        mov     cr0, eax
        jmp     dword CODE32:ROM_LOW + prot32

; ---------------------------------------------------------------------------------------------------------
; P: protected mode, flat segments. Catches broken segment loads and the CR0.PE switch.
        bits    32
prot32:
        mov     ax, DATA
        mov     ds, ax
        mov     es, ax
        mov     fs, ax
        mov     gs, ax
        mov     ss, ax
        mov     esp, STACK
        SAY     'P'

; T: page tables. Plain writes to RAM, but the first ones: catches RAM that is not mapped into the guest.
; All at once: clear PML4 to variables (0x1000 to 0x6fff).
        xor     eax, eax
        mov     edi, PML4
        mov     ecx, 0x6000 / 4
        rep stosd

        ; One PDPT serves both ends of the address space: entry 0 is the identity map, entry 3 the last GiB
        ; below 4 GiB (local APIC, ROM), entry 510 under PML4[511] the kernel's alias. Entry 1 stays empty for
        ; stage F.
        mov     dword [PML4], PDPT + 3
        mov     dword [PML4 + 511 * 8], PDPT + 3
        mov     dword [PDPT], PD_LOW + 3
        mov     dword [PDPT + 3 * 8], PD_TOP + 3
        mov     dword [PDPT + 510 * 8], PD_LOW + 3

        xor     ecx, ecx                ; 2 x 512 pages of 2 MiB
        mov     eax, 0x83               ; present, writable, large
.fill:
        mov     [PD_LOW + ecx * 8], eax
        lea     edx, [eax + 0xC0000018] ; the same in the last GiB, not cached (PCD, PWT): it is device memory
        mov     [PD_TOP + ecx * 8], edx
        add     eax, 0x200000
        inc     ecx
        cmp     ecx, 512
        jne     .fill
        SAY     'T'

; G: paging in long (still compatibility) mode. Catches CR3/CR4/EFER handling and the page table format.
        mov     eax, 0x620              ; PAE, OSFXSR, OSXMMEXCPT
        mov     cr4, eax
        mov     eax, PML4
        mov     cr3, eax
        mov     ecx, 0xc0000080         ; EFER
        rdmsr
        or      eax, 0x901              ; SCE (syscall), LME (long mode), NXE: what every 64-bit kernel sets
        wrmsr
        mov     eax, 0x80010033         ; PG, WP, NE, ET, MP, PE; EM and TS off for x87/SSE, caches on
        mov     cr0, eax
        SAY     'G'

; ---------------------------------------------------------------------------------------------------------
; L: 64-bit code. A probe that stops here believes in accelerators that die in the firmware a moment later.
        jmp     CODE64:ROM_LOW + long64
        bits    64
long64:
        mov     rax, 0x123456789        ; needs 64-bit registers
        shr     rax, 32
        cmp     eax, 1
        jne     bad
        SAY     'L'

; H: run from RAM in the upper half, as a kernel does. Catches ROM-only execution (code fetched from RAM that
; was written a moment ago), and sign-extended addresses.
        mov     esi, ROM_LOW
        mov     edi, COPY
        mov     ecx, code_end
        rep movsb
        mov     rax, qword HIGH + high64
        jmp     rax
high64:
        mov     rsp, KERNEL + STACK
        lea     rax, [rel high64]
        mov     rbx, qword HIGH + high64
        cmp     rax, rbx
        jne     bad
        push    rbx                     ; the stack through the upper half is the stack at STACK
        cmp     [STACK - 8], rbx
        jne     bad
        pop     rbx
        SAY     'H'

; U: descriptor tables in the upper half, an exception and the way back. Catches exception injection, iretq,
; and shadow copies of GDT or IDT that are not followed. From here on anything unexpected ends with status 35
; instead of a triple fault.
        mov     edi, IDT
        mov     rbx, qword HIGH + bad
.gates:
        mov     rax, rbx
        call    set_gate
        cmp     edi, IDT + 256 * 16
        jne     .gates
        mov     edi, IDT + 6 * 16
        lea     rax, [rel on_ud]
        call    set_gate
        mov     edi, IDT + 14 * 16
        lea     rax, [rel on_pf]
        call    set_gate
        mov     edi, IDT + VECTOR * 16
        lea     rax, [rel on_irq]
        call    set_gate
        lidt    [rel idtr_high]
        lgdt    [rel gdtr_high]
        mov     eax, KDATA64
        mov     ss, eax
        mov     ds, eax
        mov     es, eax
        push    CODE64                  ; reload CS from the new table
        lea     rax, [rel .reloaded]
        push    rax
        o64 retf
.reloaded:
        ud2                             ; on_ud counts and steps over it
        cmp     dword [UD_COUNT], 1
        jne     bad
        SAY     'U'

; W: cpuid, the MSRs of syscall and GS, swapgs. Catches a cpuid that does not match what runs, MSRs that are
; dropped or fault, and swapgs working on a stale copy of the MSRs.
        mov     eax, 0x80000001
        cpuid
        bt      edx, 29                 ; long mode: we are in it
        jnc     bad
        bt      edx, 11                 ; syscall
        jnc     bad
        WRITE_MSR 0xc0000081, (USER_BASE + 3) << 16 | CODE64, 0         ; STAR: bases for sysret and syscall
        mov     rax, qword HIGH + on_syscall
        mov     rdx, rax
        shr     rdx, 32
        mov     ecx, 0xc0000082                                         ; LSTAR
        wrmsr
        WRITE_MSR 0xc0000084, 0, 0x700                                  ; SFMASK: IF, DF, TF
        WRITE_MSR 0xc0000101, 0, GS_USER                                ; GS.base
        WRITE_MSR 0xc0000102, KERNEL >> 32, (KERNEL & 0xffffffff) + GS_KERNEL   ; KERNEL_GS_BASE
        mov     dword [GS_KERNEL], MAGIC
        swapgs
        mov     ecx, 0xc0000101         ; now GS.base must be the kernel's
        rdmsr
        cmp     eax, (KERNEL & 0xffffffff) + GS_KERNEL
        jne     bad
        cmp     edx, KERNEL >> 32
        jne     bad
        mov     ecx, 0xc0000102         ; and the user's be parked
        rdmsr
        cmp     eax, GS_USER
        jne     bad
        test    edx, edx
        jnz     bad
        cmp     dword [gs:abs 0], MAGIC ; not only the MSR: the address calculation too
        jne     bad
        SAY     'W'

; F: a page fault that is repaired and retried. Catches wrong CR2 or error codes, and accelerators that keep
; their own (shadow) tables and miss the change.
        mov     dword [abs 0], MAGIC
        mov     ebx, 0x40000000         ; PDPT[1] is empty; on_pf points it at the first GiB
        cmp     dword [rbx], MAGIC
        jne     bad
        cmp     dword [PF_COUNT], 1
        jne     bad
        SAY     'F'

; N: the x87 can be initialised. Catches FPU state that is not switched in (#NM in a circle).
        fninit
        mov     dword [FPU_STATUS], 0xffff
        fnstsw  [FPU_STATUS]            ; the memory form, as kernels use it
        cmp     word [FPU_STATUS], 0
        jne     bad
        SAY     'N'

; X: a round trip through an SSE register. Every 64-bit compiler emits this; accelerators exist that do all of
; the above and hang on the next line.
        movq    xmm0, rsp
        movq    rbx, xmm0
        cmp     rbx, rsp
        jne     bad
        SAY     'X'

; C: the time stamp counter moves. Kernels calibrate delays by it and wait for ever if it stands still.
        rdtsc
        shl     rdx, 32
        lea     rbx, [rax + rdx]
        mov     ecx, 100000
.spin:
        pause
        dec     ecx
        jnz     .spin
        rdtsc
        shl     rdx, 32
        add     rax, rdx
        cmp     rax, rbx
        jbe     bad
        SAY     'C'

; A: the local APIC's timer wakes a halted CPU. Catches lost interrupts and halts that are not ended.
        mov     al, 0xff                ; nothing from the PICs: the PIT ticks from reset on, and QEMU passes
        out     0x21, al                ; it through LINT0 as vector 0
        out     0xa1, al
        mov     ecx, 0x1b               ; APIC base
        rdmsr
        or      eax, 0x800              ; enabled
        wrmsr
        and     eax, 0xfffff000
        cmp     eax, LAPIC
        jne     bad
        mov     ebp, LAPIC
        mov     dword [rbp + 0x80], 0           ; task priority: accept everything
        mov     dword [rbp + 0x350], 0x10700    ; LINT0: masked
        mov     dword [rbp + 0xf0], 0x1ff       ; software enable, spurious vector 0xff
        mov     dword [rbp + 0x3e0], 0xb        ; timer: count at full speed,
        mov     dword [rbp + 0x320], VECTOR     ; one shot,
        mov     dword [rbp + 0x380], 100000     ; go
        mov     ebx, 1
        call    wait_irq
        SAY     'A'

; I: an inter-processor interrupt, sent to ourselves. Catches ICR writes that are not emulated.
        mov     dword [rbp + 0x310], 0
        mov     dword [rbp + 0x300], 0x44000 + VECTOR   ; shorthand "self", assert, fixed
        mov     ebx, 2
        call    wait_irq
        SAY     'I'

; S: ring 3 and back. Catches sysret, user pages and syscall, which is where the first process would die.
        lea     rsi, [rel user_code]
        mov     edi, USER
        mov     ecx, user_end - user_code
        rep movsb
        mov     dword [PML4], PDPT + 7                  ; user, at every level on the way to the page
        mov     dword [PDPT], PD_LOW + 7
        mov     dword [PD_LOW + 1 * 8], USER + 0x87
        mov     rax, cr3                                ; flush
        mov     cr3, rax
        mov     ecx, USER                               ; to RIP
        mov     r11d, 2                                 ; to RFLAGS: interrupts stay off
        o64 sysret

on_syscall:                                             ; still on our own stack pointer; needs none
        cmp     eax, USER_VALUE
        jne     bad
        cmp     edx, USER_CS                            ; what the user code saw as its CS: really ring 3
        jne     bad
        cmp     rcx, USER + user_end - user_code        ; the return address
        jne     bad
        mov     eax, cs
        cmp     eax, CODE64
        jne     bad
        SAY     'S'

        mov     al, EXIT_GOOD
        jmp     quit
bad:                                                    ; also the gate of all vectors nobody expects
        mov     al, EXIT_BAD
quit:
        out     PORT_EXIT, al
.halt:                                                  ; not reached while isa-debug-exit is there
        cli
        hlt
        jmp     .halt

; ---------------------------------------------------------------------------------------------------------
user_code:                              ; copied to USER
        mov     edx, cs
        mov     eax, USER_VALUE
        syscall
user_end:

; One interrupt gate: RAX = handler, RDI = slot; RDI moves on to the next slot, RAX is lost.
set_gate:
        mov     [rdi], ax
        mov     dword [rdi + 2], 0x8e000000 + CODE64    ; selector, no IST; type: present, ring 0, interrupt gate
        shr     rax, 16
        mov     [rdi + 6], ax
        shr     rax, 16
        mov     [rdi + 8], eax
        mov     dword [rdi + 12], 0
        add     edi, 16
        ret

; Halt until the timer or IPI has been counted; EBX = the count to see. `sti` holds interrupts off for one
; more instruction, so none is lost between the look and the `hlt`. If none comes, the deadline ends it.
wait_irq:
        cli
        cmp     [IRQ_COUNT], ebx
        jae     .came
        sti
        hlt
        jmp     wait_irq
.came:
        jne     bad                     ; once too often
        ret

on_ud:
        inc     dword [UD_COUNT]
        add     qword [rsp], 2          ; ud2 is two bytes
        iretq

on_pf:
        push    rax
        cmp     qword [rsp + 8], 0      ; error code: absent page, read, by ring 0
        jne     bad
        mov     rax, cr2
        cmp     rax, 0x40000000
        jne     bad
        inc     dword [PF_COUNT]
        mov     dword [PDPT + 1 * 8], PD_LOW + 3
        invlpg  [rax]
        pop     rax
        add     rsp, 8
        iretq

on_irq:
        push    rax
        inc     dword [IRQ_COUNT]
        mov     eax, LAPIC
        mov     dword [rax + 0xb0], 0   ; end of interrupt
        pop     rax
        iretq

; ---------------------------------------------------------------------------------------------------------
; All descriptors have their accessed bit set, so that the CPU has no reason to write into the ROM.
; 0x18 to 0x38 stand as syscall and sysret want them: kernel code and data next to each other, then 32-bit
; user code (USER_BASE; not used), user data, 64-bit user code.
        align   16, db 0
gdt:
        dq      0
        dq      0x00CF9B000000FFFF      ; 08 code, 32 bits
        dq      0x00CF93000000FFFF      ; 10 data
        dq      0x00AF9B000000FFFF      ; 18 code, 64 bits
        dq      0x00CF93000000FFFF      ; 20 data
        dq      0x00CFFB000000FFFF      ; 28 user code, 32 bits
        dq      0x00CFF3000000FFFF      ; 30 user data
        dq      0x00AFFB000000FFFF      ; 38 user code, 64 bits
gdt_end:

gdtr:                                   ; for real mode: limit, 32-bit base
        dw      gdt_end - gdt - 1
        dd      ROM_LOW + gdt
gdtr_high:                              ; for 64-bit mode
        dw      gdt_end - gdt - 1
        dq      HIGH + gdt
idtr_high:
        dw      256 * 16 - 1
        dq      KERNEL + IDT
code_end:
