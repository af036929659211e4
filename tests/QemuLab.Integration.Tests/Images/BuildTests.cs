using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Images;
using QemuLab.Engine.Machines;
using QemuLab.Integration.Tests.Hosts;

namespace QemuLab.Integration.Tests.Images;

/// <summary>A real builder script, a very small one.</summary>
public sealed class BuildTests : IDisposable
{
    private const string Script = """
        #!/bin/sh
        # Writes down each run; with a file "slow" beside the log it waits to be told to stop, and cleans up.
        log="$LOG_FILE"
        case $1 in
            inputs) echo "package 1.0" ;;
            make)
                echo make >>"$log"
                echo "progress: making the disk"
                [ -z "${TMPDIR:-}" ] || exit 9
                if [ -e "$(dirname "$log")/slow" ]; then
                    trap 'echo cleaned >>"$log"; exit 143' TERM
                    while :; do sleep 0.05; done
                fi
                if [ -e "$(dirname "$log")/broken" ]; then echo "cannot build tiny: it is broken; try: nothing" >&2; exit 1; fi
                qemu-img create -q -f qcow2 "$2/disk.qcow2" 16M && echo root=x >"$2/cmdline" ;;
        esac
        """;

    private readonly Scratch home = new();

    public BuildTests()
    {
        Directory.CreateDirectory(home.File("builder"));
        File.WriteAllText(home.File("builder/build"), Script.Replace("\"$LOG_FILE\"", $"'{home.File("log")}'", StringComparison.Ordinal));
    }

    public void Dispose() => home.Dispose();

    private static ImageReference Image(string script) => TestImages.With(new ImageOrigin.Build(script, []));

    [Fact]
    public async Task Two_stores_as_two_processes_have_them_build_once()
    {
        ImageReference image = Image(home.File("builder/build"));
        ImageStore first = await StoreAsync(), second = await StoreAsync();

        ImageFiles[] files = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => (i % 2 == 0 ? first : second).EnsureAsync(image)));

        Assert.Single(files.Distinct());
        Assert.Equal((ByteSize.FromMiB(16), "root=x"), (files[0].VirtualSize, files[0].CommandLine));
        Assert.Equal("make\n", await File.ReadAllTextAsync(home.File("log")));
    }

    [Fact]
    public async Task A_build_that_fails_is_quoted_and_can_be_tried_again()
    {
        ImageReference image = Image(home.File("builder/build"));
        ImageStore store = await StoreAsync();
        await File.WriteAllTextAsync(home.File("broken"), "");

        QemuLabException fault = await Assert.ThrowsAsync<QemuLabException>(() => store.EnsureAsync(image));

        Assert.Equal("build-failed", fault.Code);
        Assert.EndsWith("cannot build tiny: it is broken; try: nothing", fault.Message, StringComparison.Ordinal);
        Assert.Equal([".lock"], LeftOver());
        File.Delete(home.File("broken"));
        Assert.True(File.Exists((await store.EnsureAsync(image)).Disk));
    }

    [Fact]
    public async Task A_build_that_is_given_up_is_told_to_clean_up_and_leaves_nothing()
    {
        ImageStore store = await StoreAsync();
        await File.WriteAllTextAsync(home.File("slow"), "");
        using var impatient = new CancellationTokenSource();
        var progress = new Hook(report =>
        {
            if (report.Message == "making the disk")
            {
                impatient.CancelAfter(TimeSpan.FromMilliseconds(200));
            }
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.EnsureAsync(Image(home.File("builder/build")), progress, impatient.Token));

        Assert.Equal("make\ncleaned\n", await File.ReadAllTextAsync(home.File("log")));
        Assert.Equal([".lock"], LeftOver());
    }

    private async Task<ImageStore> StoreAsync()
    {
        HostFacts facts = await RealHost.WithQemuAsync();
        return new ImageStore(new StatePaths(home.File("state")), () => facts, new CommandRunner());
    }

    private IEnumerable<string?> LeftOver() => Directory.EnumerateFileSystemEntries(home.File("state/images/tiny")).Select(Path.GetFileName);

    private sealed class Hook(Action<ImageProgress> report) : IProgress<ImageProgress>
    {
        public void Report(ImageProgress value) => report(value);
    }
}
