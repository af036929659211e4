using QemuLab.Engine.Labs.Definition;
using QemuLab.Engine.Stages;

namespace QemuLab.Engine.Labs;

/// <summary>Makes the stages of a machine from the nearest list that there is; a nearer one takes the place of the whole farther one.</summary>
internal sealed class StageRules(Faults faults)
{
    private static readonly Key[] Deeds = [StageKeys.Send, StageKeys.Keys, StageKeys.Power, StageKeys.Mark, StageKeys.Snapshot];

    /// <summary>None where the machine has none, or has wrong ones.</summary>
    public IReadOnlyList<Stage> Of(Layers layers)
    {
        IReadOnlyList<Located<Section>> sections = layers.Nearest(MachineKeys.Stages)?.Value ?? [];
        CheckReady(layers);
        HashSet<string> names = [];
        foreach (Located<Section> section in sections)
        {
            Located<string> name = section.Value.Get(StageKeys.Name)!;
            if (!names.Add(name.Value))
            {
                faults.Error(name.Place, $"'{name.Value}' is in the list twice", StageKeys.Name.Name);
            }
        }

        return [.. sections.Select(section => StageOf(section.Value, names))];
    }

    private void CheckReady(Layers layers)
    {
        bool hasNone = layers.Nearest(MachineKeys.Stages) is { } stages ? stages.Value.Count == 0 : !layers.Mentions(MachineKeys.Stages);
        if (hasNone && layers.Nearest(MachineKeys.Ready) is { Value: "stages" } ready)
        {
            faults.Error(ready.Place, "a machine that is ready by its stages needs some: stages", MachineKeys.Ready.Name);
        }
    }

    private Stage StageOf(Section section, HashSet<string> names)
    {
        IReadOnlyList<StageAction> actions = ActionsOf(section);
        StageTrigger? trigger = TriggerOf(section);
        IReadOnlyList<Located<Section>> rules = section.Get(StageKeys.When)?.Value ?? [];
        if (trigger is null && !section.Mentions(StageKeys.Expect) && !section.Mentions(StageKeys.Silence))
        {
            if (!Array.Exists(Deeds, section.Mentions))
            {
                faults.Error(section.Place, "a stage waits for something (expect or silence), or does something (send, keys, power, mark, snapshot)");
            }
            else if (section.Mentions(StageKeys.When))
            {
                faults.Error(section.Get(StageKeys.When)?.Place ?? section.Place, "nothing can come while a stage is waited for that waits for nothing: give it expect or silence", StageKeys.When.Name);
            }
        }

        return new Stage
        {
            Name = section.Get(StageKeys.Name)!.Value,
            Trigger = trigger,
            Timeout = AtLeastOneSecond(section, StageKeys.Timeout) ?? StageKeys.Timeout.DefaultValue,
            Code = section.Get(StageKeys.Code)?.Value ?? StageKeys.Code.DefaultValue,
            Says = section.Get(StageKeys.Says)?.Value,
            Actions = actions,
            When = [.. rules.Select(rule => RuleOf(rule.Value, names)).OfType<StageRule>()],
        };
    }

    private StageRule? RuleOf(Section section, HashSet<string> names)
    {
        IReadOnlyList<StageAction> actions = ActionsOf(section);
        StageTrigger? trigger = TriggerOf(section);
        Located<string>? next = section.Get(StageKeys.Goto);
        if (trigger is null && !section.Mentions(StageKeys.Expect) && !section.Mentions(StageKeys.Silence))
        {
            faults.Error(section.Place, "says what may come: give expect or silence", StageKeys.When.Name);
        }

        if (!Array.Exists(Deeds, section.Mentions) && !section.Mentions(StageKeys.Goto) && !section.Mentions(StageKeys.Fail))
        {
            faults.Error(section.Place, "says what follows: give send, keys, power, mark, goto or fail", StageKeys.When.Name);
        }

        if (section.Mentions(StageKeys.Goto) && section.Mentions(StageKeys.Fail))
        {
            faults.Error(section.Place, "goto and fail exclude each other", StageKeys.When.Name);
        }

        if (next is not null && !names.Contains(next.Value))
        {
            faults.Error(next.Place, $"there is no stage {Quote.Of(next.Value)}{Suggestion.Hint(next.Value, names)}", StageKeys.Goto.Name);
        }

        return trigger is null ? null : new StageRule
        {
            Trigger = trigger,
            Actions = actions,
            Goto = next?.Value,
            Times = section.Get(StageKeys.Times)?.Value ?? StageKeys.Times.DefaultValue,
            Fail = section.Get(StageKeys.Fail)?.Value,
            Says = section.Get(StageKeys.Says)?.Value,
        };
    }

    private StageTrigger? TriggerOf(Section section)
    {
        Located<IReadOnlyList<Located<string>>>? expect = section.Get(StageKeys.Expect);
        TimeSpan? silence = AtLeastOneSecond(section, StageKeys.Silence);
        if (section.Mentions(StageKeys.Expect) && section.Mentions(StageKeys.Silence))
        {
            faults.Error(section.Place, "expect and silence exclude each other: one of them goes into when");
        }

        if (expect?.Value.Count == 0)
        {
            faults.Error(expect.Place, "is empty", StageKeys.Expect.Name);
        }

        return expect is { Value.Count: > 0 } ? new StageTrigger([.. expect.Value.Select(pattern => pattern.Value)], null)
            : silence is not null ? new StageTrigger([], silence) : null;
    }

    /// <summary>In the order in which they are done: a snapshot has all else behind it.</summary>
    private List<StageAction> ActionsOf(Section section)
    {
        List<StageAction> actions = [];
        if (section.Get(StageKeys.Mark) is { } mark)
        {
            actions.Add(new StageAction.Mark(mark.Value));
        }

        if (section.Get(StageKeys.Send) is { } send)
        {
            actions.Add(new StageAction.Send(send.Value, section.Get(StageKeys.Secret)?.Value ?? StageKeys.Secret.DefaultValue));
        }
        else if (section.Get(StageKeys.Secret) is { } secret && !section.Mentions(StageKeys.Send))
        {
            faults.Error(secret.Place, "there is nothing to be kept secret: it goes beside send", StageKeys.Secret.Name);
        }

        if (section.Get(StageKeys.Keys) is { Value.Count: > 0 } keys)
        {
            actions.Add(new StageAction.Press([.. keys.Value.Select(key => key.Value)]));
        }

        if (section.Get(StageKeys.Power) is { } power)
        {
            actions.Add(new StageAction.Power(Enum.Parse<StagePower>(power.Value, ignoreCase: true)));
        }

        if (section.Get(StageKeys.Snapshot) is { } snapshot)
        {
            actions.Add(new StageAction.Snapshot(snapshot.Value));
        }

        return actions;
    }

    private TimeSpan? AtLeastOneSecond(Section section, Key<TimeSpan> key)
    {
        Located<TimeSpan>? time = section.Get(key);
        if (time?.Value < TimeSpan.FromSeconds(1))
        {
            faults.Error(time.Place, "must be at least 1s", key.Name);
        }

        return time?.Value;
    }
}
