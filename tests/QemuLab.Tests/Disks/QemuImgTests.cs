using QemuLab.Engine;
using QemuLab.Engine.Disks;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;
using QemuLab.Tests.Hosts;

namespace QemuLab.Tests.Disks;

public sealed class QemuImgTests : IDisposable
{
    private const string Info = """{ "format": "qcow2", "virtual-size": 2147483648, "actual-size": 200704, "backing-filename": "b", "full-backing-filename": "/i/b" }""";
    private readonly TemporaryDirectory folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task An_overlay_is_made_under_another_name_and_then_renamed()
    {
        RecordingRunner runner = Writing();

        await QemuImg(runner).CreateOverlayAsync("/i/a,b c:d.qcow2", folder.File("root.qcow2"), ByteSize.FromGiB(8));

        Assert.Equal(
            ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", "/i/a,b c:d.qcow2", folder.File("root.qcow2.part"), "8589934592"],
            runner.Commands[^1].Arguments);
        Assert.Equal("/usr/bin/qemu-img", runner.Commands[^1].Program);
        Assert.Equal(["root.qcow2"], Directory.EnumerateFiles(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_disk_that_would_cut_its_image_off_is_refused()
    {
        QemuLabException fault = await Assert.ThrowsAsync<QemuLabException>(() =>
            QemuImg(Writing()).CreateOverlayAsync("/i/base.qcow2", folder.File("root.qcow2"), ByteSize.FromGiB(1)));

        Assert.Equal(("disk-too-small", "a disk of 1GiB is smaller than its image of 2GiB"), (fault.Code, fault.Message));
    }

    [Fact]
    public async Task What_qemu_img_says_is_quoted_and_nothing_is_left()
    {
        var runner = new RecordingRunner(command =>
        {
            File.WriteAllText(folder.File("vars.qcow2.part"), "half");
            return RecordingRunner.Failure("qemu-img: error while writing: No space left on device\n");
        });

        QemuLabException fault = await Assert.ThrowsAsync<QemuLabException>(() => QemuImg(runner).ConvertAsync("/fw/VARS.fd", folder.File("vars.qcow2")));

        Assert.Equal(("disk-full", "qemu-img convert: qemu-img: error while writing: No space left on device"), (fault.Code, fault.Message));
        Assert.Empty(Directory.EnumerateFiles(folder.Path));
    }

    [Fact]
    public async Task The_backing_image_is_told_by_its_whole_path() =>
        Assert.Equal(
            new DiskImage("qcow2", ByteSize.FromGiB(2), new ByteSize(200704), "/i/b"),
            await QemuImg(new RecordingRunner(_ => RecordingRunner.Output(Info))).InfoAsync("/d/x:y.qcow2"));

    [Fact]
    public async Task A_relative_path_is_refused_because_a_colon_in_it_would_be_a_protocol() =>
        await Assert.ThrowsAsync<ArgumentException>(() => QemuImg(new RecordingRunner()).CreateEmptyAsync("x:y.qcow2", ByteSize.FromGiB(1)));

    private static QemuImg QemuImg(RecordingRunner runner) => new(() => DoctorTests.Facts, runner);

    private static RecordingRunner Writing() => new(command =>
    {
        if (command.Arguments[0] == "info")
        {
            return RecordingRunner.Output(Info);
        }

        File.WriteAllText(command.Arguments.Single(argument => argument.EndsWith(".part", StringComparison.Ordinal)), "");
        return RecordingRunner.Output("");
    });
}
