using QemuLab.Engine.Labs.Definition;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>Makes the health check of a machine from the nearest mapping that has one; a nearer one takes the place of the whole farther one.</summary>
internal sealed class HealthRules(Faults faults)
{
    /// <summary>Null where the machine has none, or a wrong one.</summary>
    public HealthCheck? Of(Layers layers)
    {
        if (layers.Nearest(MachineKeys.HealthCheck) is not { } check)
        {
            return null;
        }

        HealthQuestion[] questions = [.. Questions(check.Value)];
        bool[] mentioned = [check.Value.Mentions(HealthKeys.Tcp), check.Value.Mentions(HealthKeys.Http), check.Value.Mentions(HealthKeys.Exec)];
        if (mentioned.Count(given => given) != 1)
        {
            faults.Error(check.Place, "asks one thing: give either tcp, http or exec", MachineKeys.HealthCheck.Name);
        }

        return questions is not [var question] ? null : new HealthCheck
        {
            Question = question,
            Interval = AtLeastOneSecond(check.Value, HealthKeys.Interval),
            Timeout = AtLeastOneSecond(check.Value, HealthKeys.Timeout),
            Rise = ValueOf(check.Value, HealthKeys.Rise),
            Fall = ValueOf(check.Value, HealthKeys.Fall),
        };
    }

    private static IEnumerable<HealthQuestion> Questions(Section check)
    {
        if (check.Get(HealthKeys.Tcp) is { } tcp)
        {
            yield return new HealthQuestion.Tcp(tcp.Value);
        }

        if (check.Get(HealthKeys.Http)?.Value is { } http)
        {
            yield return new HealthQuestion.Http(ValueOf(http, HttpCheckKeys.Port), ValueOf(http, HttpCheckKeys.Path), ValueOf(http, HttpCheckKeys.Status));
        }

        if (check.Get(HealthKeys.Exec) is { } exec)
        {
            yield return new HealthQuestion.Exec(exec.Value);
        }
    }

    private TimeSpan AtLeastOneSecond(Section check, Key<TimeSpan> key)
    {
        TimeSpan time = ValueOf(check, key);
        if (time < TimeSpan.FromSeconds(1))
        {
            faults.Error(check.Get(key)!.Place, "must be at least 1s", key.Name);
        }

        return time;
    }

    private static T ValueOf<T>(Section section, Key<T> key)
        where T : notnull => section.Get(key) is { } given ? given.Value : key.DefaultValue;
}
