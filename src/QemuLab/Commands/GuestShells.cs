using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary>
/// The same command in several guests side by side: each line of theirs with its machine's name, our standard input to all of
/// them, and the worst of their exit codes.
/// </summary>
/// <param name="cli">Has the terminal.</param>
/// <param name="atOnce">So many at the same time; with standard input all of them, since it comes once.</param>
/// <param name="typed">Our standard input is for the guests though it is a terminal.</param>
internal sealed class GuestShells(Cli cli, int atOnce, bool typed = false)
{
    /// <summary>Chunks of standard input that one guest may be behind the others.</summary>
    private const int ChunksAhead = 256;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    private readonly Lock gate = new();
    private readonly List<GuestCommand> running = [];
    private volatile bool ended, nobodyReads;

    /// <summary>The worst exit code.</summary>
    /// <exception cref="OperationCanceledException">Ctrl-C; what goes on in the guests has been said.</exception>
    public int Run(IReadOnlyList<MachineLoginView> machines, string[] command, bool json)
    {
        BlockingCollection<byte[]>[] inputs = [.. machines.Select(_ => new BlockingCollection<byte[]>(ChunksAhead))];
        bool hasInput = typed || Console.IsInputRedirected;
        Action distribute = hasInput ? () => Distribute(inputs) : () => Array.ForEach(inputs, input => input.CompleteAdding());
        new Thread(() => distribute()) { IsBackground = true }.Start();

        var results = new GuestResultView[machines.Count];
        IReadOnlyList<string> labels = LabelledLines.Labels([.. machines.Select(machine => machine.Name)], cli.Terminal.Colours);
        using var turns = new SemaphoreSlim(hasInput ? machines.Count : atOnce);
        using var interrupts = new Interrupts(End);
        Thread[] workers = [.. machines.Select((machine, i) => new Thread(() =>
        {
            turns.Wait();
            results[i] = Run(machine, command, inputs[i], json ? null : labels[i]);
            turns.Release();
        }))];
        Array.ForEach(workers, worker => worker.Start());
        Array.ForEach(workers, worker => worker.Join());
        if (interrupts.Seen || (results.Any(result => result.ExitCode == Failure.Interrupted) && interrupts.HasEndedChild))
        {
            cli.Terminal.Note("interrupted here; what was begun may go on in the machines");
            throw new OperationCanceledException();
        }

        if (nobodyReads)
        {
            return 0;
        }

        Tell(results, json);
        return results.Max(result => result.ExitCode);
    }

    private GuestResultView Run(MachineLoginView machine, string[] command, BlockingCollection<byte[]> input, string? prefix)
    {
        long began = Stopwatch.GetTimestamp();
        try
        {
            string config = GuestShell.ConfigOf(machine);
            using GuestCommand guest = Start(machine, config, command);
            new Thread(() => Feed(guest.Input, input)) { IsBackground = true }.Start();
            var output = new GuestLines(cli.Terminal.Out, gate, prefix, Close);
            var error = new GuestLines(cli.Terminal.Error, gate, prefix, Close);
            Thread[] pumps = [new(() => output.Pump(guest.Output)) { IsBackground = true }, new(() => error.Pump(guest.Error)) { IsBackground = true }];
            Array.ForEach(pumps, pump => pump.Start());
            int code = guest.Wait();
            // The shared connection has the pipes too, and may go on writing what nobody wants any more.
            Array.ForEach(pumps, pump => WaitFor(pump));
            if (code == GuestShell.SshFailed && !ended && !GuestShell.IsConnected(machine, config))
            {
                throw GuestShell.NoConnection(cli, machine, guest.IsInSession);
            }

            return new GuestResultView(machine.Lab, machine.Name, code, Stopwatch.GetElapsedTime(began).TotalSeconds, output.Text, error.Text);
        }
        catch (QemuLabException failed)
        {
            return new GuestResultView(machine.Lab, machine.Name, GuestCommandException.NotRun, Stopwatch.GetElapsedTime(began).TotalSeconds, null, null, failed.Code, Failure.Of(failed, "").Lines);
        }
        finally
        {
            input.CompleteAdding();
        }
    }

    private void WaitFor(Thread pump)
    {
        while (!pump.Join(Patience) && !ended)
        {
            // A guest that writes much has ended before we have shown all of it.
        }
    }

    private GuestCommand Start(MachineLoginView machine, string config, string[] command)
    {
        if (ended)
        {
            throw new QemuLabException(ErrorKind.Failed, "interrupted", "interrupted before it was begun");
        }

        GuestCommand guest = GuestCommand.Start(GuestShell.MasterOf(cli, machine), config, machine, command);
        lock (gate)
        {
            running.Add(guest);
            if (ended)
            {
                guest.End();
            }

            return guest;
        }
    }

    private void Close()
    {
        nobodyReads = true;
        End();
    }

    private void End()
    {
        lock (gate)
        {
            ended = true;
            running.ForEach(guest => guest.End());
        }
    }

    /// <summary>Reads our standard input once, for all. One that has ended, or was never begun, takes no more.</summary>
    private static void Distribute(BlockingCollection<byte[]>[] inputs)
    {
        using Stream standard = Console.OpenStandardInput();
        byte[] buffer = new byte[64 * 1024];
        for (int count; (count = standard.Read(buffer)) > 0;)
        {
            foreach (BlockingCollection<byte[]> input in inputs)
            {
                try
                {
                    input.Add(buffer[..count]);
                }
                catch (InvalidOperationException)
                {
                    // Its command has ended.
                }
            }
        }

        Array.ForEach(inputs, input => input.CompleteAdding());
    }

    private static void Feed(Stream guest, BlockingCollection<byte[]> input)
    {
        try
        {
            using Stream pipe = guest;
            foreach (byte[] chunk in input.GetConsumingEnumerable())
            {
                pipe.Write(chunk);
                pipe.Flush();
            }
        }
        catch (Exception closed) when (closed is IOException or InvalidOperationException)
        {
            // The command has ended, or does not read.
        }
    }

    private void Tell(GuestResultView[] results, bool json)
    {
        if (json)
        {
            JsonOutput.Write<IReadOnlyList<GuestResultView>>(cli.Terminal, results);
            return;
        }

        foreach (string line in results.SelectMany(result => result.Messages ?? []).Distinct())
        {
            cli.Terminal.Error.WriteLine(line);
        }

        if (results.Length > 1 && results.Any(result => result.ExitCode != 0))
        {
            var table = new TextTable(new TextColumn("MACHINE"), new TextColumn("EXIT CODE", RightAligned: true));
            foreach (GuestResultView result in results)
            {
                table.Add(result.Machine, result.ExitCode.ToString(CultureInfo.InvariantCulture));
            }

            cli.Terminal.Error.Write(table.Render(null));
        }
    }
}
