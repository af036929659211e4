using QemuLab.Engine.Boots;
using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Labs;

/// <summary>Keeps one boot that is under way: as it is known by now, here and in the machine's file of boots.</summary>
internal sealed class BootRecorder(BootLog log, Boot boot, TimeProvider clock)
{
    private Boot known = boot;

    public Boot Boot => Volatile.Read(ref known);

    public void Learn(Boot further)
    {
        if (further != Boot)
        {
            Volatile.Write(ref known, further);
            log.Update(further);
        }
    }

    public void Finish(BootEnd end) => Learn(Boot.Finish(end, clock.GetUtcNow()));

    /// <summary>It was no boot: the machine was given a memory before its guest had said a word.</summary>
    public void Discard() => log.Discard();
}
