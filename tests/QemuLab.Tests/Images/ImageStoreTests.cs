using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Images;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;
using QemuLab.Tests.Hosts;

namespace QemuLab.Tests.Images;

/// <summary>Built images, with a builder that is only pretended.</summary>
public sealed class ImageStoreTests : IDisposable
{
    private readonly TemporaryDirectory home = new();
    private readonly ManualTime clock = new();
    private readonly ProgressLog progress = new();
    private readonly RecordingRunner runner;
    private Func<Command, CancellationToken, Task<CommandResult>> make;
    private string inputs = "kernel 6.1\n";

    public ImageStoreTests()
    {
        make = (command, _) => Task.FromResult(Made(command));
        runner = new RecordingRunner(AnswerAsync);
        Directory.CreateDirectory(home.File("builder"));
        File.WriteAllText(Script, "#!/bin/sh\n");
    }

    public void Dispose() => home.Dispose();

    private string Script => home.File("builder/build");

    private StatePaths Paths => new(home.File("state"));

    private IEnumerable<string> Builds => runner.Commands.Select(command => command.ToString()).Where(text => text.Contains(" make ", StringComparison.Ordinal));

    [Fact]
    public async Task An_image_is_built_once_and_found_without_a_program_afterwards()
    {
        ImageStore store = Store();
        ImageReference image = Image("--small");

        ImageFiles first = await store.EnsureAsync(image, progress);
        int started = runner.Commands.Count;
        ImageFiles second = await store.EnsureAsync(image, progress);

        Assert.Equal(first, second);
        Assert.Equal(started, runner.Commands.Count);
        Assert.Equal(["--small", "inputs"], runner.Commands[0].Arguments);
        Assert.Equal("root=LABEL=micro", first.CommandLine);
        Assert.Equal(Path.Combine(Paths.Images, "tiny", first.Key, "kernel"), first.Kernel);
        Assert.Null(first.Initrd);
        Assert.Equal(ByteSize.FromMiB(16), first.VirtualSize);
        Assert.Contains(progress.Reports, report => report is { Step: "build", Message: "making the disk" });
        Assert.Equal([".lock", first.Key], Directory.EnumerateFileSystemEntries(Path.Combine(Paths.Images, "tiny")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Many_who_ask_at_the_same_time_wait_for_one_build()
    {
        ImageStore store = Store();
        var gate = new TaskCompletionSource();
        make = async (command, _) =>
        {
            await gate.Task;
            return Made(command);
        };

        Task<ImageFiles>[] asked = [.. Enumerable.Range(0, 8).Select(_ => store.EnsureAsync(Image(), progress))];
        gate.SetResult();

        Assert.Single((await Task.WhenAll(asked)).Distinct());
        Assert.Single(Builds);
    }

    [Fact]
    public async Task One_who_gives_up_does_not_stop_the_build_for_the_others()
    {
        ImageStore store = Store();
        var gate = new TaskCompletionSource();
        make = async (command, token) =>
        {
            await gate.Task.WaitAsync(token);
            return Made(command);
        };
        using var impatient = new CancellationTokenSource();
        Task<ImageFiles> patient = store.EnsureAsync(Image(), progress);
        Task<ImageFiles> leaving = store.EnsureAsync(Image(), progress, impatient.Token);

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        gate.SetResult();

        Assert.True(File.Exists((await patient).Disk));
    }

    [Fact]
    public async Task The_last_one_who_gives_up_stops_the_build_and_nothing_is_left()
    {
        ImageStore store = Store();
        var started = new TaskCompletionSource();
        make = async (command, token) =>
        {
            Made(command);
            started.SetResult();
            await Task.Delay(Timeout.Infinite, token);
            throw new InvalidOperationException();
        };
        using var impatient = new CancellationTokenSource();
        Task<ImageFiles> asked = store.EnsureAsync(Image(), progress, impatient.Token);
        await started.Task;

        await impatient.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        Assert.Equal([".lock"], Directory.EnumerateFileSystemEntries(Path.Combine(Paths.Images, "tiny")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_builder_that_fails_is_quoted_and_nothing_is_left()
    {
        make = (_, _) => Task.FromResult(RecordingRunner.Failure("noise\ncannot build tiny: no lz4; try: apt-get install -y lz4\n"));

        QemuLabException fault = await Assert.ThrowsAsync<QemuLabException>(() => Store().EnsureAsync(Image(), progress));

        Assert.Equal("build-failed", fault.Code);
        Assert.EndsWith("cannot build tiny: no lz4; try: apt-get install -y lz4", fault.Message, StringComparison.Ordinal);
        Assert.Equal([".lock"], Directory.EnumerateFileSystemEntries(Path.Combine(Paths.Images, "tiny")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_builder_that_is_not_there_has_its_own_code() =>
        Assert.Equal("builder-missing", (await Assert.ThrowsAsync<QemuLabException>(() => Store().EnsureAsync(Image(script: "gone/build"), progress))).Code);

    [Fact]
    public async Task Newer_packages_do_not_make_a_launch_wait_and_are_taken_when_asked_for()
    {
        ImageStore store = Store();
        ImageFiles old = await store.EnsureAsync(Image(), progress);
        inputs = "kernel 6.2\n";
        clock.Advance(TimeSpan.FromDays(1));

        Assert.Equal(old, await store.EnsureAsync(Image(), progress));
        ImageFiles fresh = await store.FetchAsync(Image(), force: false, progress);

        Assert.NotEqual(old.Key, fresh.Key);
        Assert.Equal(fresh, await store.EnsureAsync(Image(), progress));
        Assert.True(File.Exists(old.Disk));
    }

    [Fact]
    public async Task Another_builder_or_other_arguments_are_another_image()
    {
        ImageStore store = Store();
        await store.EnsureAsync(Image(), progress);

        Assert.Null(await store.FindCachedAsync(Image("--other")));
        await File.WriteAllTextAsync(Script, "#!/bin/sh\n# changed\n");
        Assert.Null(await store.FindCachedAsync(Image()));
    }

    [Fact]
    public async Task Without_news_only_force_builds_again_and_never_over_what_is_there()
    {
        ImageStore store = Store();
        ImageFiles first = await store.EnsureAsync(Image(), progress);
        clock.Advance(TimeSpan.FromDays(1));

        Assert.Equal(first, await store.FetchAsync(Image(), force: false, progress));
        ImageFiles second = await store.FetchAsync(Image(), force: true, progress);

        Assert.Equal(first.Key + "-2", second.Key);
        Assert.Equal([second.Key, first.Key], store.List().Select(version => version.Key));
    }

    [Fact]
    public async Task An_image_that_a_disk_is_based_on_is_not_removed()
    {
        ImageStore store = Store();
        ImageFiles files = await store.EnsureAsync(Image(), progress);

        QemuLabException fault = await Assert.ThrowsAsync<QemuLabException>(() => store.RemoveAsync("tiny", new HashSet<string> { files.Disk }));
        Assert.Equal(ErrorKind.Conflict, fault.Kind);

        Assert.Single(await store.RemoveAsync("tiny", new HashSet<string>()));
        Assert.Empty(store.List());
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<QemuLabException>(() => store.RemoveAsync("tiny", new HashSet<string>()))).Kind);
    }

    [Fact]
    public async Task A_version_whose_description_is_broken_counts_as_none()
    {
        ImageStore store = Store();
        ImageFiles files = await store.EnsureAsync(Image(), progress);
        await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName(files.Disk)!, "image.json"), "{");

        Assert.Null(await store.FindCachedAsync(Image()));
        Assert.Equal(files.Key + "-2", (await store.EnsureAsync(Image(), progress)).Key);
    }

    private ImageStore Store() => new(Paths, () => DoctorTests.Facts, runner, clock: clock);

    private ImageReference Image(string? argument = null, string? script = null) => ImageFile.Read(
        ImageFileTests.Good
            .Replace("name: micro", "name: tiny", StringComparison.Ordinal)
            .Replace("micro/build", $"\"{script ?? Script}\"", StringComparison.Ordinal)
            .Replace("--small", argument ?? "", StringComparison.Ordinal),
        "tiny.yaml");

    private Task<CommandResult> AnswerAsync(Command command, CancellationToken cancellation) => command.Arguments switch
    {
        [.., "inputs"] => Task.FromResult(RecordingRunner.Output(inputs)),
        [.., "make", _] => make(command, cancellation),
        ["info", ..] => Task.FromResult(RecordingRunner.Output("""{ "format": "qcow2", "virtual-size": 16777216 }""")),
        _ => throw new InvalidOperationException($"not expected: {command}"),
    };

    private static CommandResult Made(Command command)
    {
        command.OnOutputLine?.Invoke("progress: making the disk");
        File.WriteAllText(Path.Combine(command.Arguments[^1], "disk.qcow2"), "");
        File.WriteAllText(Path.Combine(command.Arguments[^1], "kernel"), "");
        File.WriteAllText(Path.Combine(command.Arguments[^1], "cmdline"), "root=LABEL=micro\n");
        return RecordingRunner.Output("");
    }
}
