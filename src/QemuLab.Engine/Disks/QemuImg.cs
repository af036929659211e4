using System.Globalization;
using System.Text.Json;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Disks;

/// <summary>
/// Makes and looks at disk images, through the qemu-img program. Paths must be absolute: a relative one with a colon
/// (<c>x:y.qcow2</c>) is a protocol to QEMU; commas, quotes and spaces mean nothing to it here.
/// </summary>
/// <param name="host">Tells where qemu-img is.</param>
/// <param name="runner">Runs it.</param>
public sealed class QemuImg(Func<HostFacts> host, ICommandRunner runner)
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(10);

    /// <summary>A thin disk over a base image that is never written: it takes no room until the guest writes.</summary>
    /// <exception cref="QemuLabException">It would be smaller than its base, whose end the guest would then miss; or qemu-img failed.</exception>
    public async Task CreateOverlayAsync(string basePath, string path, ByteSize size, CancellationToken cancellation = default)
    {
        ByteSize least = await VirtualSizeAsync(basePath, cancellation);
        if (size < least)
        {
            throw new QemuLabException(
                ErrorKind.Failed, "disk-too-small", $"a disk of {size} is smaller than its image of {least}", $"ask for a disk of {least} or more");
        }

        await MakeAsync(path, part => ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", Absolute(basePath), part, Bytes(size)], cancellation);
    }

    public Task CreateEmptyAsync(string path, ByteSize size, CancellationToken cancellation = default) =>
        MakeAsync(path, part => ["create", "-q", "-f", "qcow2", part, Bytes(size)], cancellation);

    /// <summary>Makes a disk that nobody uses larger.</summary>
    /// <exception cref="QemuLabException">A machine uses it, or qemu-img failed.</exception>
    public Task GrowAsync(string path, ByteSize size, CancellationToken cancellation = default) =>
        RunAsync(["resize", "-q", "-f", "qcow2", Absolute(path), Bytes(size)], cancellation);

    /// <summary>Copies a raw image into a new qcow2 file.</summary>
    public Task ConvertAsync(string rawPath, string path, CancellationToken cancellation = default) =>
        MakeAsync(path, part => ["convert", "-f", "raw", "-O", "qcow2", Absolute(rawPath), part], cancellation);

    /// <summary>The size of the disk that a guest would see.</summary>
    /// <exception cref="QemuLabException">It is not a qcow2 image.</exception>
    public async Task<ByteSize> VirtualSizeAsync(string path, CancellationToken cancellation = default) =>
        (await InfoAsync(path, cancellation)).VirtualSize;

    /// <summary>Looks without a lock, so also at a disk in use. The format is not guessed: a raw disk's content could claim to be anything.</summary>
    /// <exception cref="QemuLabException">It is not a qcow2 image.</exception>
    public async Task<DiskImage> InfoAsync(string path, CancellationToken cancellation = default)
    {
        CommandResult result = await RunAsync(Info(path), cancellation);
        using JsonDocument info = JsonDocument.Parse(result.Output);
        JsonElement root = info.RootElement;
        return new DiskImage(
            root.GetProperty("format").GetString()!,
            new ByteSize(root.GetProperty("virtual-size").GetInt64()),
            new ByteSize(root.TryGetProperty("actual-size", out JsonElement actual) ? actual.GetInt64() : 0),
            BackingOf(root),
            result.Output.Contains("\"data-file\"", StringComparison.Ordinal));
    }

    /// <summary>Saves, loads or removes a snapshot of a disk that nobody uses; removing one that is not there does nothing.</summary>
    /// <exception cref="QemuLabException">A machine uses the disk, there is no such snapshot, or qemu-img failed.</exception>
    public async Task SnapshotAsync(SnapshotAction action, string path, string tag, CancellationToken cancellation = default)
    {
        string verb = action switch
        {
            SnapshotAction.Save or SnapshotAction.SaveCompressed or SnapshotAction.SaveDisks => "-c",
            SnapshotAction.Load or SnapshotAction.LoadCompressed => "-a",
            _ => "-d",
        };
        if (action == SnapshotAction.Delete && !(await SnapshotsAsync(path, cancellation)).ContainsKey(tag))
        {
            return;
        }

        await RunAsync(["snapshot", "-q", verb, tag, Absolute(path)], cancellation);
    }

    /// <summary>The memory that each snapshot of the disk holds, in bytes, by its name; looks without a lock.</summary>
    public async Task<IReadOnlyDictionary<string, long>> SnapshotsAsync(string path, CancellationToken cancellation = default)
    {
        using JsonDocument info = JsonDocument.Parse((await RunAsync(Info(path), cancellation)).Output);
        return info.RootElement.TryGetProperty("snapshots", out JsonElement list)
            ? list.EnumerateArray().ToDictionary(item => item.GetProperty("name").GetString()!, item => item.GetProperty("vm-state-size").GetInt64())
            : new Dictionary<string, long>();
    }

    private static string[] Info(string path) => ["info", "-U", "-f", "qcow2", "--output=json", Absolute(path)];

    private static string? BackingOf(JsonElement info) =>
        info.TryGetProperty("full-backing-filename", out JsonElement full) ? full.GetString()
        : info.TryGetProperty("backing-filename", out JsonElement asWritten) ? asWritten.GetString()
        : null;

    /// <summary>Under another name first: a disk that is there is whole, even after a crash half-way.</summary>
    private async Task MakeAsync(string path, Func<string, string[]> arguments, CancellationToken cancellation)
    {
        string part = Absolute(path) + ".part";
        try
        {
            await RunAsync(arguments(part), cancellation);
            File.Move(part, path, overwrite: true);
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    private async Task<CommandResult> RunAsync(string[] arguments, CancellationToken cancellation)
    {
        string program = host().QemuOrThrow().ImgPath;
        CommandResult result = await runner.RunAsync(new Command(program, arguments) { TimeLimit = TimeLimit }, cancellation);
        return result.Succeeded ? result : throw Failed(arguments[0], result);
    }

    private static QemuLabException Failed(string verb, CommandResult result)
    {
        bool isFull = result.Error.Contains("No space left", StringComparison.Ordinal);
        return result.TimedOut
            ? new QemuLabException(ErrorKind.TimedOut, "qemu-img-timeout", $"qemu-img {verb} did not end within {TimeLimit.TotalMinutes:0} minutes", "is the disk very slow, or a network file system gone?")
            : new QemuLabException(
                ErrorKind.Failed,
                isFull ? "disk-full" : "qemu-img-failed",
                $"qemu-img {verb}: {result.Error.Trim()}",
                isFull ? "make room, or put QEMULAB_HOME on another disk" : "is the disk full, or the image damaged?");
    }

    private static string Absolute(string path) =>
        Path.IsPathRooted(path) ? path : throw new ArgumentException($"'{path}' is not absolute", nameof(path));

    private static string Bytes(ByteSize size) => size.Bytes.ToString(CultureInfo.InvariantCulture);
}
