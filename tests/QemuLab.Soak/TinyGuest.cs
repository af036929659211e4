namespace QemuLab.Soak;

/// <summary>A guest whose whole life is one byte on the serial port: it costs its host nothing, and no power button reaches it.</summary>
internal static class TinyGuest
{
    private const int Size = 64 * 1024, ResetVector = Size - 16;

    /// <summary>64 KiB of firmware: at the reset vector a jump to its beginning; there mov dx,0x3f8; mov al,'!'; out dx,al; hlt; jmp back.</summary>
    public static byte[] Rom()
    {
        byte[] rom = new byte[Size];
        ReadOnlySpan<byte> code = [0xba, 0xf8, 0x03, 0xb0, 0x21, 0xee, 0xf4, 0xeb, 0xfd], jump = [0xea, 0x00, 0x00, 0x00, 0xf0];
        code.CopyTo(rom);
        jump.CopyTo(rom.AsSpan(ResetVector));
        return rom;
    }
}
