using System.Globalization;
using System.Text.Json;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Disks;

/// <summary>Makes and looks at disk images, through the qemu-img program.</summary>
/// <param name="host">Tells where qemu-img is.</param>
/// <param name="runner">Runs it.</param>
public sealed class QemuImg(Func<HostFacts> host, ICommandRunner runner)
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(10);

    /// <summary>A thin disk over a base image that is never written: it takes no room until the guest writes.</summary>
    public Task CreateOverlayAsync(string basePath, string path, ByteSize size, CancellationToken cancellation = default) =>
        CreateAsync(path, ["-F", "qcow2", "-b", basePath, path, Bytes(size)], cancellation);

    public Task CreateEmptyAsync(string path, ByteSize size, CancellationToken cancellation = default) =>
        CreateAsync(path, [path, Bytes(size)], cancellation);

    /// <summary>Copies a raw image into a new qcow2 file.</summary>
    public async Task ConvertAsync(string rawPath, string path, CancellationToken cancellation = default)
    {
        try
        {
            await RunAsync(["convert", "-f", "raw", "-O", "qcow2", rawPath, path], cancellation);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>The size of the disk that a guest would see.</summary>
    /// <exception cref="QemuLabException">It is not a qcow2 image.</exception>
    public async Task<ByteSize> VirtualSizeAsync(string path, CancellationToken cancellation = default)
    {
        CommandResult result = await RunAsync(["info", "-U", "-f", "qcow2", "--output=json", path], cancellation);
        using JsonDocument info = JsonDocument.Parse(result.Output);
        return new ByteSize(info.RootElement.GetProperty("virtual-size").GetInt64());
    }

    private async Task CreateAsync(string path, string[] arguments, CancellationToken cancellation)
    {
        try
        {
            await RunAsync(["create", "-q", "-f", "qcow2", .. arguments], cancellation);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    private async Task<CommandResult> RunAsync(string[] arguments, CancellationToken cancellation)
    {
        string program = host().Qemu?.ImgPath ?? throw new QemuLabException(ErrorKind.Failed, "qemu-missing", "qemu-img is not installed", "run: qemulab doctor");
        CommandResult result = await runner.RunAsync(new Command(program, arguments) { TimeLimit = TimeLimit }, cancellation);
        return result.Succeeded
            ? result
            : throw new QemuLabException(ErrorKind.Failed, "qemu-img-failed", $"qemu-img {arguments[0]}: {result.Error.Trim()}", "is the disk full, or the image damaged?");
    }

    private static string Bytes(ByteSize size) => size.Bytes.ToString(CultureInfo.InvariantCulture);
}
