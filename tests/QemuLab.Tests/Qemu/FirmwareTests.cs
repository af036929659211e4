using System.Runtime.InteropServices;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Qemu;

namespace QemuLab.Tests.Qemu;

public sealed class FirmwareTests
{
    private static readonly FirmwareDescriptor Plain = Parse("60.json", features: "\"acpi-s3\", \"verbose-dynamic\"");

    [Fact]
    public void The_first_descriptor_that_fits_is_taken_and_the_others_are_told_of()
    {
        FirmwareChoice choice = Choose([Parse("40.json", "\"secure-boot\", \"requires-smm\""), Parse("50.json", machines: "pc-i440fx-*"), Plain]);

        Assert.Equal(new UefiFirmware("/fw/CODE.fd", "/fw/VARS.fd", "60.json"), choice.Found);
        Assert.Equal(["40.json: has secure-boot", "50.json: not for q35"], choice.Tried);
    }

    public static TheoryData<string, string> Unfit => new()
    {
        { Text("\"enrolled-keys\""), "has enrolled-keys" },
        { Text("\"verbose-static\""), "has verbose-static" },
        { Text().Replace("\"uefi\"", "\"bios\"", StringComparison.Ordinal), "not UEFI" },
        { Text().Replace("\"flash\"", "\"memory\"", StringComparison.Ordinal), "for memory, not for flash" },
        { Text().Replace("\"device\": \"flash\"", "\"device\": \"flash\", \"mode\": \"stateless\"", StringComparison.Ordinal), "stateless, without variables of its own" },
        { Text().Replace("\"raw\"", "\"qcow2\"", StringComparison.Ordinal), "not raw images" },
        { Text().Replace("/fw/VARS.fd", "/gone.fd", StringComparison.Ordinal), "/gone.fd is missing" },
        { Text().Replace("/fw/CODE.fd", "/gone.fd", StringComparison.Ordinal), "/gone.fd is missing" },
    };

    [Theory]
    [MemberData(nameof(Unfit))]
    public void A_descriptor_that_does_not_fit_is_refused_with_the_reason(string text, string reason)
    {
        FirmwareChoice choice = Choose([FirmwareDescriptor.Parse("x.json", text)!]);

        Assert.Null(choice.Found);
        Assert.Equal([$"x.json: {reason}"], choice.Tried);
    }

    [Fact]
    public void Descriptors_of_other_architectures_are_passed_over_in_silence()
    {
        FirmwareChoice choice = Choose([Plain], architecture: Architecture.Arm64);

        Assert.Null(choice.Found);
        Assert.Empty(choice.Tried);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{ not json")]
    [InlineData("[1, 2]")]
    [InlineData("{ \"mapping\": { \"device\": 7 } }")]
    public void A_text_that_is_no_descriptor_describes_nothing(string text)
    {
        FirmwareDescriptor? descriptor = FirmwareDescriptor.Parse("x.json", text);

        Assert.True(descriptor is null || Choose([descriptor]).Found is null);
    }

    [Fact]
    public void Without_descriptors_the_first_known_pair_that_is_whole_is_taken()
    {
        FirmwarePair[] table = [new("A", "/a/CODE", "/a/VARS"), new("B", "/fw/CODE.fd", "/gone"), new("C", "/fw/CODE.fd", "/fw/VARS.fd")];

        FirmwareChoice choice = Choose([], table);

        Assert.Equal(new UefiFirmware("/fw/CODE.fd", "/fw/VARS.fd", "table: C"), choice.Found);
        Assert.Equal(["/a/CODE with VARS (A)", "/fw/CODE.fd with gone (B)"], choice.Tried);
    }

    [Theory]
    [InlineData(Architecture.X64, "/opt/homebrew/share/qemu/edk2-i386-vars.fd", "/usr/share/OVMF/OVMF_CODE_4M.fd")]
    [InlineData(Architecture.Arm64, "/opt/homebrew/share/qemu/edk2-arm-vars.fd", "/usr/share/AAVMF/AAVMF_CODE.fd")]
    public void The_table_begins_with_Debian_and_ends_with_the_files_of_QEMU_itself(Architecture architecture, string vars, string first)
    {
        FirmwarePair[] table = [.. FirmwareTable.For(architecture, "/opt/homebrew/share/qemu")];

        Assert.Equal(first, table[0].Code);
        Assert.Equal(vars, table[^1].Vars);
    }

    [Theory]
    [InlineData(HostPlatform.Linux, Architecture.X64, "ovmf")]
    [InlineData(HostPlatform.Linux, Architecture.Arm64, "qemu-efi-aarch64")]
    [InlineData(HostPlatform.MacOS, Architecture.Arm64, "brew install qemu")]
    public void The_error_names_the_package(HostPlatform platform, Architecture architecture, string package) =>
        Assert.Contains(package, FirmwareMissing.Advice(platform, architecture), StringComparison.Ordinal);

    private static FirmwareChoice Choose(FirmwareDescriptor[] descriptors, FirmwarePair[]? table = null, Architecture architecture = Architecture.X64) =>
        new Firmware(architecture, new Version(7, 2, 22), path => path is "/fw/CODE.fd" or "/fw/VARS.fd").Choose(descriptors, table ?? []);

    private static FirmwareDescriptor Parse(string path, string features = "", string machines = "pc-q35-*") =>
        FirmwareDescriptor.Parse(path, Text(features, machines))!;

    private static string Text(string features = "", string machines = "pc-q35-*") => $$"""
        {
          "interface-types": ["uefi"],
          "mapping": {
            "device": "flash",
            "executable": { "filename": "/fw/CODE.fd", "format": "raw" },
            "nvram-template": { "filename": "/fw/VARS.fd", "format": "raw" }
          },
          "targets": [{ "architecture": "x86_64", "machines": ["{{machines}}"] }],
          "features": [{{features}}]
        }
        """;
}
