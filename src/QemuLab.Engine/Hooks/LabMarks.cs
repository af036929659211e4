using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Hooks;

/// <summary>What the hooks of one lab were last told. Not safe for several threads at once.</summary>
/// <param name="kept">What a former daemon has left, by machine.</param>
/// <param name="isAdopting">Machines of which nothing is kept were there before, and are no news.</param>
internal sealed class LabMarks(IReadOnlyDictionary<string, HookMark> kept, bool isAdopting)
{
    private readonly Dictionary<string, HookMark> machines = new(kept, StringComparer.Ordinal);

    /// <summary>Machines that this daemon comes to know again: their guests are looked at anew, and pass through phases that they have long passed.</summary>
    private readonly HashSet<string> known = [.. kept.Keys];
    private bool isAdopting = isAdopting;

    /// <summary>As it is to be kept.</summary>
    public IReadOnlyDictionary<string, HookMark> Machines => new Dictionary<string, HookMark>(machines);

    /// <summary>From now on a machine of which nothing is known is a new one.</summary>
    public void Open() => isAdopting = false;

    /// <summary>What has happened, by this status and since what was told last.</summary>
    /// <param name="now">A machine's new status.</param>
    /// <param name="planned">The machines of the lab that are to run: when all of them are ready, the lab is.</param>
    /// <returns>The machine's events, then the lab's; and whether anything is to be kept.</returns>
    public (IReadOnlyList<HookEvent> Events, HookMark Before, bool Changed) Learn(MachineStatus now, IReadOnlyList<string> planned)
    {
        bool isNew = !machines.TryGetValue(now.Name, out HookMark? last);
        HookMark before = last ?? HookMark.New;
        HookMark after = KnownAgain(now.Name, before, before.After(now));
        bool changed = isNew || !Same(before, after);
        if (isNew && isAdopting)
        {
            machines[now.Name] = after;
            return ([], before, changed);
        }

        (bool wasReady, bool wasUp) = (IsReady(planned), AnyUp);
        List<HookEvent> events = [.. before.Until(now)];
        machines[now.Name] = after;
        if (!wasReady && IsReady(planned))
        {
            events.Add(HookEvent.LabReady);
        }

        if (wasUp && !AnyUp)
        {
            events.Add(HookEvent.LabStopped);
        }

        return (events, before, changed);
    }

    /// <summary>Without what only comes of the second look.</summary>
    private HookMark KnownAgain(string machine, HookMark before, HookMark after)
    {
        if (!known.Contains(machine))
        {
            return after;
        }

        if (!after.IsOfSameStart(before) || after.Phase is BootPhase.Ready or BootPhase.Failed)
        {
            known.Remove(machine);
            return isAdopting && after.IsOfSameStart(before) ? after with { Alarms = [.. before.Alarms.Union(after.Alarms)] } : after;
        }

        return after with { Phase = before.Phase, Alarms = [.. before.Alarms.Union(after.Alarms)] };
    }

    private bool AnyUp => machines.Values.Any(mark => mark.IsUp);

    private bool IsReady(IReadOnlyList<string> planned) =>
        planned.Count > 0 && planned.All(name => machines.GetValueOrDefault(name) is { Phase: BootPhase.Ready, State: MachineState.Running or MachineState.Paused });

    private static bool Same(HookMark one, HookMark other) =>
        one == other with { Alarms = one.Alarms } && one.Alarms.SequenceEqual(other.Alarms);
}
