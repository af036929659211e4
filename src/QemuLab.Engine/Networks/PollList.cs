namespace QemuLab.Engine.Networks;

/// <summary>The files that one poll(2) waits for; kept and filled again, so that nothing is allocated per round.</summary>
internal sealed class PollList
{
    private NativeDatagram.PollEntry[] entries = new NativeDatagram.PollEntry[32];
    private int count;

    public void Clear() => count = 0;

    /// <param name="handle">The file.</param>
    /// <param name="wanted">What to wait for; its end is always waited for.</param>
    public void Add(int handle, short wanted = NativeDatagram.Readable)
    {
        if (count == entries.Length)
        {
            Array.Resize(ref entries, 2 * count);
        }

        entries[count++] = new NativeDatagram.PollEntry { File = handle, Wanted = wanted };
    }

    /// <summary>Sleeps until one of them is ready or has ended, or for so many milliseconds; -1: for ever.</summary>
    public unsafe void Wait(int milliseconds)
    {
        fixed (NativeDatagram.PollEntry* first = entries)
        {
            if (NativeDatagram.Poll(first, (nuint)count, milliseconds) < 0)
            {
                // Interrupted by a signal: nothing is ready, the next round waits again.
                for (int i = 0; i < count; i++)
                {
                    entries[i].Got = 0;
                }
            }
        }
    }

    public bool IsReady(int index) => entries[index].Got != 0;
}
