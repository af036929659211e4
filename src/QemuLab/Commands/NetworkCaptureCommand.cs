using System.Buffers.Binary;
using System.CommandLine;
using System.Globalization;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab network capture NAME</c>: every frame on a network, as pcapng, into a file or a pipe.</summary>
internal static class NetworkCaptureCommand
{
    private const int BlockStart = 8;
    private const int LargestBlock = 1 << 20;
    private const uint Packet = 6;

    public static Verb Create(Cli cli)
    {
        Argument<string> name = new Argument<string>("name") { Description = "A lab, for its first network, or LAB/NETWORK" }.Completes(WordKind.Network);
        Option<string?> file = new Option<string?>("--write", "-w") { Description = "Write to this file; - or a pipe: standard output", HelpName = "file" }.Completes(WordKind.File);
        var duration = new Option<string?>("--for") { Description = "End after this time; without it until Ctrl-C", HelpName = "duration" };
        return new Verb("capture", "Write every frame on a network as pcapng, which wireshark and tcpdump read")
        {
            Examples = [("qemulab network capture k8s -w k8s.pcapng", "until Ctrl-C"), ("qemulab network capture k8s --for 10s | tcpdump -nr -", "ten seconds, as text"), ("qemulab network capture k8s/storage | wireshark -k -i -", "another network of the lab, live")],
            Arguments = { name },
            Options = { file, duration },
        }.Runs(parse =>
        {
            string? path = parse.GetValue(file);
            if (path is null && !Console.IsOutputRedirected)
            {
                throw new QemuLabException(ErrorKind.Usage, "usage", "a capture is nothing for a terminal", "write it to a file: -w FILE; or to a program: | tcpdump -nr -");
            }

            using DaemonResponse response = cli.Daemon.Open("GET", Route(parse.GetRequiredValue(name), CommonOptions.WaitOf(parse, duration, RequestCheck.LongestCapture)));
            using Stream output = path is null or "-" ? StandardOutput.Open() : new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
            using var interrupts = new Interrupts(response.Dispose);
            long frames = Copy(response, output);
            cli.Terminal.Note(string.Create(CultureInfo.InvariantCulture, $"{frames} frames captured"));
        });
    }

    private static string Route(string name, double? seconds)
    {
        string[] parts = name.Split('/', 2);
        string[] query =
        [
            .. parts.Length == 2 ? [$"network={Uri.EscapeDataString(parts[1])}"] : Array.Empty<string>(),
            .. seconds is { } limit ? [string.Create(CultureInfo.InvariantCulture, $"seconds={limit}")] : Array.Empty<string>(),
        ];
        return $"/v1/labs/{Uri.EscapeDataString(parts[0])}/capture?{string.Join('&', query)}";
    }

    /// <summary>Whole blocks only, so that a capture that is interrupted can be read; tells how many frames there were.</summary>
    private static long Copy(DaemonResponse response, Stream output)
    {
        byte[] block = new byte[LargestBlock];
        long frames = 0;
        while (Fill(response, block.AsSpan(0, BlockStart)))
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(block.AsSpan(4));
            if (length is < BlockStart or > LargestBlock || !Fill(response, block.AsSpan(BlockStart, length - BlockStart)))
            {
                break;
            }

            output.Write(block, 0, length);
            frames += BinaryPrimitives.ReadUInt32LittleEndian(block) == Packet ? 1 : 0;
        }

        return frames;
    }

    private static bool Fill(DaemonResponse response, Span<byte> whole)
    {
        while (!whole.IsEmpty)
        {
            int count = response.Read(whole);
            if (count == 0)
            {
                return false;
            }

            whole = whole[count..];
        }

        return true;
    }
}
