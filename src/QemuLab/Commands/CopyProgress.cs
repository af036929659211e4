using System.Globalization;
using QemuLab.Api;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary>
/// How far copies are, in the form of the daemon's events. scp tells it to terminals only; what it has handed on, the kernel
/// counts (on Linux): the files' bytes and a thousandth more for the protocol.
/// </summary>
internal sealed class CopyProgress : IDisposable
{
    /// <summary>What is done sooner needs no progress.</summary>
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private const string Copying = "Copying";

    private readonly Lock gate = new();
    private readonly List<Copy> running = [];
    private readonly ProgressView view;
    private readonly bool isForScripts;
    private readonly Timer timer;

    public CopyProgress(Terminal terminal, IEnumerable<MachineLoginView> machines)
    {
        view = new ProgressView(terminal, machines.Select(machine => machine.Name), TimeProvider.System);
        isForScripts = terminal.Progress == ProgressStyle.Json;
        timer = new Timer(_ => Tick(), null, Beat, Beat);
    }

    /// <summary>Shows a copy until the result is disposed.</summary>
    /// <param name="machine">To or from which.</param>
    /// <param name="processId">scp's.</param>
    /// <param name="total">Bytes; null: nobody knows.</param>
    public Copy Begin(MachineLoginView machine, int processId, long? total)
    {
        var copy = new Copy(this, machine, processId, total);
        lock (gate)
        {
            running.Add(copy);
            if (isForScripts)
            {
                copy.Tell(Copying, 0);
            }
        }

        return copy;
    }

    public void Dispose()
    {
        timer.Dispose();
        view.Dispose();
    }

    private void Tick()
    {
        lock (gate)
        {
            foreach (Copy copy in running)
            {
                copy.Tell(Copying, copy.HandedOn());
            }
        }
    }

    /// <summary>One call of scp.</summary>
    internal sealed class Copy(CopyProgress owner, MachineLoginView machine, int processId, long? total) : IDisposable
    {
        private bool isTold;

        /// <summary>It has ended well.</summary>
        public bool Succeeded { get; set; }

        public void Tell(string word, long? done)
        {
            isTold = true;
            string? message = (done, total) switch
            {
                _ when word != Copying => null,
                (null, _) or (0, null) => null,
                ({ } bytes, null) => new ByteSize(bytes).ToString(),
                ({ } bytes, { } all) => $"{new ByteSize(bytes)} of {new ByteSize(all)}",
            };
            owner.view.Apply(new LabEvent(0, DateTimeOffset.UtcNow, LabEventKind.Copy, machine.Lab, machine.Name, word, message) { Done = done, Total = total });
        }

        /// <summary>Null where the kernel does not say.</summary>
        public long? HandedOn()
        {
            try
            {
                string? line = File.ReadLines($"/proc/{processId}/io").FirstOrDefault(line => line.StartsWith("wchar: ", StringComparison.Ordinal));
                return long.TryParse(line?["wchar: ".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) ? Math.Min(bytes, total ?? long.MaxValue) : null;
            }
            catch (Exception unsaid) when (unsaid is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }

        public void Dispose()
        {
            lock (owner.gate)
            {
                owner.running.Remove(this);
                if (isTold)
                {
                    Tell(Succeeded ? "Copied" : "Failed", Succeeded ? total : null);
                }
            }
        }
    }
}
