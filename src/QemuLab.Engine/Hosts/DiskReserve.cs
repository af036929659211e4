namespace QemuLab.Engine.Hosts;

/// <summary>A little room on a disk, held by a file, for what must be written when the disk is full.</summary>
/// <param name="path">The file that holds the room; on the disk that is written to.</param>
internal sealed class DiskReserve(string path)
{
    /// <summary>Several records of a large lab, and their folders.</summary>
    private const int Bytes = 256 * 1024;

    private readonly Lock gate = new();
    private bool isHeld;

    /// <summary>Writes something; where the disk is full, in the room that was held for it.</summary>
    /// <exception cref="IOException">There is no room even so, or it is another fault.</exception>
    public void Write(Action write)
    {
        lock (gate)
        {
            try
            {
                write();
            }
            catch (IOException full) when (FileTrouble.IsFull(full) && File.Exists(path))
            {
                File.Delete(path);
                isHeld = false;
                write();
            }

            Hold();
        }
    }

    /// <summary>What was replaced has left its room; where that is not enough, the next one that is written tries again.</summary>
    private void Hold()
    {
        if (isHeld)
        {
            return;
        }

        try
        {
            if (!File.Exists(path) || new FileInfo(path).Length < Bytes)
            {
                AtomicFile.Write(path, new byte[Bytes], durable: false);
            }

            isHeld = true;
        }
        catch (IOException full) when (FileTrouble.IsFull(full))
        {
            // It is held when there is room again.
        }
    }
}
