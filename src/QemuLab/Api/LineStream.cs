using System.Text.Json;
using System.Threading.Channels;
using QemuLab.Engine;
using QemuLab.Engine.Labs;
using Serilog;

namespace QemuLab.Api;

/// <summary>An answer in JSON lines: the events of a long change as they happen, and last how it ended.</summary>
internal static class LineStream
{
    public const string MediaType = "application/x-ndjson";

    /// <summary>Runs the change and writes its events. The answer begins at once, so that its status is always 200.</summary>
    public static async Task WriteAsync(HttpContext http, Func<IProgress<LabEvent>, Task<StreamLine>> change)
    {
        http.Response.ContentType = MediaType;
        await http.Response.StartAsync(CancellationToken.None);
        var lines = Channel.CreateUnbounded<StreamLine>(new UnboundedChannelOptions { SingleReader = true });
        Task run = RunAsync(change, lines.Writer);
        await foreach (StreamLine line in lines.Reader.ReadAllAsync(CancellationToken.None))
        {
            await WriteLineAsync(http, line);
        }

        await run;
    }

    private static async Task RunAsync(Func<IProgress<LabEvent>, Task<StreamLine>> change, ChannelWriter<StreamLine> lines)
    {
        try
        {
            lines.TryWrite(await change(new Reporter(lines)));
        }
        catch (Exception error)
        {
            if (error is not QemuLabException and not OperationCanceledException)
            {
                Log.Error(error, "a change of a lab met a bug");
            }

            lines.TryWrite(new StreamLine(Problem: ProblemView.From(error)));
        }
        finally
        {
            lines.Complete();
        }
    }

    /// <summary>Where the client has left, the line is dropped and the change goes on to its end, which is the taking back.</summary>
    private static async Task WriteLineAsync(HttpContext http, StreamLine line)
    {
        if (http.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        try
        {
            byte[] bytes = [.. JsonSerializer.SerializeToUtf8Bytes(line, ApiJson.Default.StreamLine), (byte)'\n'];
            await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            Log.Debug("the client left while lines were written");
        }
    }

    /// <summary>Hands events over at once; <see cref="Progress{T}"/> would hand them to the thread pool, out of order.</summary>
    private sealed class Reporter(ChannelWriter<StreamLine> lines) : IProgress<LabEvent>
    {
        public void Report(LabEvent value) => lines.TryWrite(new StreamLine(Event: value));
    }
}
