using System.Runtime.InteropServices;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Qemu;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Hosts;

public sealed class FirmwareProbeTests : IDisposable
{
    private readonly TemporaryDirectory root = new();

    public void Dispose() => root.Dispose();

    [Fact]
    public void A_users_descriptor_hides_the_administrators_of_the_same_name_and_that_the_distributions()
    {
        Describe("usr/share/qemu/firmware/60-plain.json", "distribution");
        Describe("etc/qemu/firmware/60-plain.json", "administrator");
        Assert.Equal(root.File("administrator.code"), Find().Found?.Code);

        Describe("config/qemu/firmware/60-plain.json", "user");
        Assert.Equal(root.File("user.code"), Find().Found?.Code);
    }

    [Fact]
    public void Descriptors_are_taken_in_the_order_of_their_names_whatever_their_folder()
    {
        Describe("config/qemu/firmware/70-later.json", "later");
        Describe("usr/share/qemu/firmware/60-first.json", "first");

        Assert.Equal(root.File("first.code"), Find().Found?.Code);
    }

    [Fact]
    public void An_empty_file_masks_a_descriptor()
    {
        Describe("usr/share/qemu/firmware/60-plain.json", "distribution");
        Write("etc/qemu/firmware/60-plain.json", "");

        Assert.Null(Find().Found);
    }

    [Fact]
    public void QEMUs_own_folder_is_looked_at_as_Homebrew_needs_it()
    {
        Write("brew/share/qemu/edk2-x86_64-code.fd", "code");
        Write("brew/share/qemu/edk2-i386-vars.fd", "vars");

        Assert.Equal(root.File("brew/share/qemu/edk2-i386-vars.fd"), Find().Found?.VarsTemplate);
    }

    [Fact]
    public void All_that_was_looked_for_is_told()
    {
        Describe("usr/share/qemu/firmware/40-secure.json", "secure", "\"secure-boot\"");

        FirmwareChoice choice = Find();

        Assert.Null(choice.Found);
        Assert.Equal(
            [root.File("config/qemu/firmware/*.json"), root.File("etc/qemu/firmware/*.json"), root.File("usr/share/qemu/firmware/*.json"), root.File("brew/share/qemu/firmware/*.json")],
            choice.Tried.Take(4));
        Assert.Contains(root.File("usr/share/qemu/firmware/40-secure.json") + ": has secure-boot", choice.Tried);
        Assert.Contains(choice.Tried, tried => tried.Contains("OVMF_CODE_4M.fd", StringComparison.Ordinal));
    }

    private FirmwareChoice Find() => new FirmwareProbe(name => name == "XDG_CONFIG_HOME" ? root.File("config") : null, root.Path)
        .Find(Architecture.X64, new QemuFacts(root.File("brew/bin/qemu-system-x86_64"), "", new Version(7, 2)));

    private void Describe(string path, string name, string features = "")
    {
        Write($"{name}.code", "");
        Write($"{name}.vars", "");
        Write(path, $$"""
            { "interface-types": ["uefi"],
              "mapping": { "device": "flash",
                "executable": { "filename": "{{root.File(name)}}.code", "format": "raw" },
                "nvram-template": { "filename": "{{root.File(name)}}.vars", "format": "raw" } },
              "targets": [{ "architecture": "x86_64", "machines": ["pc-q35-*"] }],
              "features": [{{features}}] }
            """);
    }

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(root.File(path))!);
        File.WriteAllText(root.File(path), text);
    }
}
