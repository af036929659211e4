; udp-name PORT-AS-TWO-CHARACTERS NAME: answers every UDP datagram with NAME. Static, for a guest that has no UDP server.
; nasm -f bin -o udp-name udp-name.asm
bits 64
        org 0x400000

elf:    db 0x7f, "ELF", 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0
        dw 2, 62
        dd 1
        dq start, program - elf, 0
        dd 0
        dw 64, 56, 1, 0, 0, 0
program:
        dd 1, 7
        dq 0, elf, elf, end - elf, end - elf + 4096, 4096

%define RECVFROM 45
%define SENDTO 44

start:  mov rbp, rsp
        mov eax, 41                     ; socket(AF_INET, SOCK_DGRAM, 0)
        mov edi, 2
        mov esi, 2
        xor edx, edx
        syscall
        mov ebx, eax
        mov rsi, [rbp + 16]             ; argv[1]: the port in network order, as two characters
        mov ax, [rsi]
        mov [rel address + 2], ax
        mov eax, 49                     ; bind
        mov edi, ebx
        lea rsi, [rel address]
        mov edx, 16
        syscall
        test eax, eax
        jnz failed
        mov r12, [rbp + 24]             ; argv[2]: the name
        xor r13d, r13d
length: cmp byte [r12 + r13], 0
        je serve
        inc r13d
        jmp length

serve:  mov dword [rel size], 16
        mov eax, RECVFROM
        mov edi, ebx
        lea rsi, [rel end]
        mov edx, 4096
        xor r10d, r10d
        lea r8, [rel peer]
        lea r9, [rel size]
        syscall
        test rax, rax
        js serve
        mov eax, SENDTO
        mov edi, ebx
        mov rsi, r12
        mov edx, r13d
        xor r10d, r10d
        lea r8, [rel peer]
        mov r9d, 16
        syscall
        jmp serve

failed: mov eax, 60
        mov edi, 1
        syscall

address: dw 2, 0
        times 12 db 0
peer:   times 16 db 0
size:   dd 0
end:
