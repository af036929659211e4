using QemuLab.Engine;
using QemuLab.Engine.Disks;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Integration.Tests.Hosts;

namespace QemuLab.Integration.Tests.Disks;

public sealed class QemuImgTests : IDisposable
{
    private readonly Scratch folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("plain")]
    [InlineData("a,b c")]
    [InlineData("x:y")]
    [InlineData("it's \"quoted\", really")]
    [InlineData("json:{}")]
    [InlineData("ä%20$HOME")]
    public async Task Every_name_that_a_file_can_have_works_for_a_disk_and_for_its_base(string name)
    {
        QemuImg images = await ImagesAsync();
        Directory.CreateDirectory(folder.File(name));
        string @base = folder.File($"{name}/{name}.qcow2"), overlay = folder.File($"{name}/over {name}.qcow2");

        await images.CreateEmptyAsync(@base, ByteSize.FromMiB(16));
        await images.CreateOverlayAsync(@base, overlay, ByteSize.FromMiB(32));

        DiskImage info = await images.InfoAsync(overlay);
        Assert.Equal(("qcow2", ByteSize.FromMiB(32), @base), (info.Format, info.VirtualSize, info.BackingPath));
        Assert.Null((await images.InfoAsync(@base)).BackingPath);
        Assert.Equal(2, Directory.GetFiles(folder.File(name)).Length);
    }

    [Fact]
    public async Task A_raw_template_of_variables_becomes_qcow2()
    {
        QemuImg images = await ImagesAsync();
        await File.WriteAllBytesAsync(folder.File("vars.fd"), new byte[540_672]);

        await images.ConvertAsync(folder.File("vars.fd"), folder.File("vars.qcow2"));

        Assert.Equal(540_672, (await images.VirtualSizeAsync(folder.File("vars.qcow2"))).Bytes);
    }

    [Fact]
    public async Task A_base_that_is_no_qcow2_is_refused_and_nothing_is_left()
    {
        QemuImg images = await ImagesAsync();
        await File.WriteAllTextAsync(folder.File("base"), "not a disk");

        QemuLabException fault = await Assert.ThrowsAsync<QemuLabException>(() => images.CreateOverlayAsync(folder.File("base"), folder.File("disk"), ByteSize.FromMiB(32)));

        Assert.Equal("qemu-img-failed", fault.Code);
        Assert.Contains("qcow2", fault.Message, StringComparison.Ordinal);
        Assert.Equal(["base"], Directory.EnumerateFiles(folder.Path).Select(Path.GetFileName));
    }

    private static async Task<QemuImg> ImagesAsync()
    {
        HostFacts facts = await RealHost.WithQemuAsync();
        return new QemuImg(() => facts, new CommandRunner());
    }
}
