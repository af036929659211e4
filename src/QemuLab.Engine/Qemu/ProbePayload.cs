using System.Runtime.InteropServices;

namespace QemuLab.Engine.Qemu;

/// <summary>
/// A guest of a few hundred bytes that walks through what a kernel needs and says how far it came. An accelerator counts
/// as there only when it has carried this to its end: a /dev/kvm that opens proves nothing.
/// </summary>
internal sealed record ProbePayload
{
    /// <summary>The file that QEMU takes by -bios.</summary>
    public required byte[] Rom { get; init; }

    public required string Machine { get; init; }

    /// <summary>The devices that carry the letters and the verdict.</summary>
    public required IReadOnlyList<string> Devices { get; init; }

    /// <summary>A letter for each stage, in order; each is written when the stage has been proven.</summary>
    public required IReadOnlyList<ProbeStage> Stages { get; init; }

    /// <summary>The only exit code that is a success.</summary>
    public required int GoodExitCode { get; init; }

    /// <summary>The exit code by which the payload itself says that something went wrong; null where it has no such word.</summary>
    public int? WrongExitCode { get; init; }

    public string Signature => string.Concat(Stages.Select(stage => stage.Letter));

    /// <param name="architecture">The host's, which is the guests'.</param>
    /// <param name="x64Code">What probe.asm assembles to.</param>
    public static ProbePayload For(Architecture architecture, byte[] x64Code) =>
        architecture == Architecture.Arm64 ? Arm64() : X64(x64Code);

    /// <summary>-no-reboot turns a triple fault into a clean exit with code 0: that is why 0 is never a success on x86.</summary>
    public IReadOnlyList<string> Arguments(ProbeCandidate candidate, string rom) =>
    [
        "-nodefaults", "-no-user-config", "-no-reboot",
        "-machine", Machine, "-accel", candidate.Accelerator.ToString().ToLowerInvariant(), "-cpu", candidate.CpuModel,
        "-m", "16", "-display", "none",
        .. Devices,
        "-bios", rom,
    ];

    private static ProbePayload X64(byte[] code) => new()
    {
        Rom = Layout(code),
        Machine = "q35",
        Devices = ["-chardev", "stdio,id=d", "-device", "isa-debugcon,iobase=0x402,chardev=d", "-device", "isa-debug-exit,iobase=0xf4,iosize=4"],
        Stages = ProbeStage.X64,
        GoodExitCode = 33,
        WrongExitCode = 35,
    };

    /// <summary>64 KiB: the code at the start, the reset vector (a far jump to it) 16 bytes before the end.</summary>
    internal static byte[] Layout(ReadOnlySpan<byte> code)
    {
        const int size = 0x10000, vector = 0xFFF0;
        if (code.Length > vector)
        {
            throw new ArgumentException($"the ROM has room for {vector} bytes, not for {code.Length}", nameof(code));
        }

        byte[] rom = new byte[size];
        Array.Fill(rom, (byte)0xFF, 0, vector);
        code.CopyTo(rom);
        ReadOnlySpan<byte> jump = [0xEA, 0x00, 0x00, 0x00, 0xF0];
        jump.CopyTo(rom.AsSpan(vector));
        return rom;
    }

    /// <summary>
    /// Writes one letter to the serial port and switches the machine off by PSCI: seven instructions, so it proves that
    /// guest code runs, reaches a device and comes back, and no more. Not verified on an arm64 host.
    /// </summary>
    private static ProbePayload Arm64()
    {
        uint[] code =
        [
            0xD2A12001, // movz x1, #0x0900, lsl #16     the PL011 of -machine virt
            0x52800822, // movz w2, #'A'
            0x39000022, // strb w2, [x1]
            0x52800100, // movz w0, #8
            0x72B08000, // movk w0, #0x8400, lsl #16     PSCI SYSTEM_OFF
            0xD4000002, // hvc #0
            0x14000000, // b .
        ];
        return new ProbePayload
        {
            Rom = MemoryMarshal.AsBytes(code.AsSpan()).ToArray(),
            Machine = "virt",
            Devices = ["-chardev", "stdio,id=d", "-serial", "chardev:d"],
            Stages = ProbeStage.Arm64,
            GoodExitCode = 0,
        };
    }
}
