using System.Runtime.InteropServices;
using QemuLab.Engine.Qemu;

namespace QemuLab.Tests.Qemu;

public sealed class ProbePayloadTests
{
    [Fact]
    public void The_rom_is_64_KiB_with_the_code_first_and_the_reset_vector_last()
    {
        byte[] rom = ProbePayload.Layout([0xFA, 0x90]);

        Assert.Equal(0x10000, rom.Length);
        Assert.Equal([0xFA, 0x90, 0xFF], rom[..3]);
        Assert.Equal(0xFF, rom[0xFFEF]);
        Assert.Equal([0xEA, 0, 0, 0, 0xF0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], rom[0xFFF0..]);
    }

    [Fact]
    public void Code_that_would_run_into_the_reset_vector_is_refused() =>
        Assert.Throws<ArgumentException>(() => ProbePayload.Layout(new byte[0xFFF1]));

    [Fact]
    public void The_code_that_is_shipped_is_small_and_its_letters_are_those_of_the_stages()
    {
        Assert.InRange(AcceleratorProbe.X64Code.Length, 512, 1536);
        Assert.Equal("RPTGLHUWFNXCAIS", ProbePayload.For(Architecture.X64, AcceleratorProbe.X64Code).Signature);
    }

    [Fact]
    public void QEMU_gets_the_accelerator_and_the_model_that_machines_would_get()
    {
        ProbePayload payload = ProbePayload.For(Architecture.X64, [0xFA]);

        Assert.Equal(
            "-nodefaults -no-user-config -no-reboot -machine q35 -accel kvm -cpu host,-arch-capabilities -m 16 -display none "
            + "-chardev stdio,id=d -device isa-debugcon,iobase=0x402,chardev=d -device isa-debug-exit,iobase=0xf4,iosize=4 -bios /home/a b/probe.rom",
            string.Join(' ', payload.Arguments(ProbeCandidate.KvmOnX64[1], "/home/a b/probe.rom")));
    }

    [Fact]
    public void Arm64_has_a_payload_of_its_own()
    {
        ProbePayload payload = ProbePayload.For(Architecture.Arm64, [0xFA]);

        Assert.Equal(28, payload.Rom.Length);
        Assert.Equal([0x01, 0x20, 0xA1, 0xD2], payload.Rom[..4]);
        Assert.Contains("virt", payload.Arguments(ProbeCandidate.Translator, "/r"));
    }
}
