using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Networks;

/// <summary>A network helper that runs, at the other end of two pipes. It ends when its input does, also when we are killed.</summary>
internal sealed class NetworkHelperProcess : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(10);

    private const string Refused = "helper-refused";

    private readonly Process process;
    private readonly Task<string> words;
    private readonly byte[] buffer = new byte[64 * 1024];

    /// <summary>Of the buffer: what has come and was not yet asked for.</summary>
    private ReadOnlyMemory<byte> waiting;

    private NetworkHelperProcess(Process process) => (this.process, words) = (process, process.StandardError.ReadToEndAsync());

    /// <summary>Starts it, and waits for its sign of life.</summary>
    /// <exception cref="QemuLabException">sudo is not there or says no (code <c>helper-refused</c>, with its own words), or the helper cannot work.</exception>
    public static async Task<NetworkHelperProcess> StartAsync(Command command, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(command.Program, command.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment["LC_ALL"] = "C";
        NetworkHelperProcess helper;
        try
        {
            helper = new NetworkHelperProcess(Process.Start(start)!);
        }
        catch (Win32Exception cause)
        {
            throw new QemuLabException(ErrorKind.Failed, Refused, $"{command.Program} is not installed, which starts the network helper", "run: apt-get install sudo as root", cause);
        }

        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(StartLimit);
            (await helper.AnswerAsync(limit.Token)).OrThrow();
            return helper;
        }
        catch (Exception failed)
        {
            helper.Dispose();
            throw failed is OperationCanceledException && !cancellation.IsCancellationRequested
                ? new QemuLabException(ErrorKind.Failed, Refused, "the network helper did not start in time", "try the command by hand: " + command, failed)
                : failed;
        }
    }

    /// <summary>One request, one answer. After a cancellation the process is of no more use.</summary>
    /// <exception cref="QemuLabException">The helper refused, or has ended.</exception>
    public async Task<NetworkHelperAnswer> AskAsync(NetworkHelperRequest request, CancellationToken cancellation)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(request, NetworkHelperJson.Default.NetworkHelperRequest), (byte)'\n'];
        Stream input = process.StandardInput.BaseStream;
        try
        {
            await input.WriteAsync(line, cancellation);
            await input.FlushAsync(cancellation);
        }
        catch (IOException)
        {
            // It has ended; its words follow.
        }

        return (await AnswerAsync(cancellation)).OrThrow();
    }

    /// <summary>What comes after the answer to a capture.</summary>
    /// <param name="pcapng">Gets it.</param>
    /// <param name="cancellation">Ends the capture; its statistics still come.</param>
    public async Task CopyFramesAsync(Stream pcapng, CancellationToken cancellation)
    {
        await using CancellationTokenRegistration end = cancellation.Register(CloseInput);
        await pcapng.WriteAsync(waiting, CancellationToken.None);
        await process.StandardOutput.BaseStream.CopyToAsync(pcapng, CancellationToken.None);
        await pcapng.FlushAsync(CancellationToken.None);
    }

    /// <summary>Ends it: it is root's child, and no signal of ours reaches it. Its pipes are closed once it has gone, so that nothing hinders it on its way.</summary>
    public void Dispose()
    {
        CloseInput();
        (StreamReader output, StreamReader errors) = (process.StandardOutput, process.StandardError);
        process.Dispose();
        _ = words.ContinueWith(
            _ =>
            {
                output.Dispose();
                errors.Dispose();
            },
            TaskScheduler.Default);
    }

    /// <summary>The stream beneath the writer: the writer would want to write to a pipe that may be broken.</summary>
    private void CloseInput() => process.StandardInput.BaseStream.Dispose();

    private async Task<NetworkHelperAnswer> AnswerAsync(CancellationToken cancellation)
    {
        using var line = new MemoryStream();
        while (waiting.Length > 0 || await FillAsync(cancellation))
        {
            int newline = waiting.Span.IndexOf((byte)'\n');
            line.Write(waiting.Span[..(newline < 0 ? waiting.Length : newline)]);
            waiting = waiting[(newline < 0 ? waiting.Length : newline + 1)..];
            if (newline >= 0)
            {
                return JsonSerializer.Deserialize(line.GetBuffer().AsSpan(0, (int)line.Length), NetworkHelperJson.Default.NetworkHelperAnswer) ?? new NetworkHelperAnswer();
            }
        }

        string said = (await words.WaitAsync(cancellation)).Trim();
        throw new QemuLabException(ErrorKind.Failed, Refused, $"the network helper does not run: {(said.Length > 0 ? said : "it gave no reason")}", NetworkPrivilege.Choices);
    }

    private async Task<bool> FillAsync(CancellationToken cancellation)
    {
        int length = await process.StandardOutput.BaseStream.ReadAsync(buffer, cancellation);
        waiting = buffer.AsMemory(0, length);
        return length > 0;
    }
}
