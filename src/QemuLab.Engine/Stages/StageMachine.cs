using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace QemuLab.Engine.Stages;

/// <summary>
/// What follows from what a console shows, and from time, in one pure place: text or time in, the next state and news out.
/// Whoever drives it looks, carries out what <see cref="ActionOf"/> says, and says when that is begun and done.
/// </summary>
/// <param name="machine">Its name, for hints.</param>
/// <param name="stages">At least one.</param>
internal sealed class StageMachine(string machine, IReadOnlyList<Stage> stages)
{
    private const int QuotedLines = 6;

    /// <summary>A shorter one would blot out half of what a console says.</summary>
    private const int ShortestMask = 3;

    private readonly Regex[][] patterns = [.. stages.Select(stage => Compiled(stage.Trigger))];
    private readonly Regex[][][] rulePatterns = [.. stages.Select(stage => stage.When.Select(rule => Compiled(rule.Trigger)).ToArray())];

    private readonly string[] secrets =
    [
        .. stages.SelectMany(stage => stage.Actions.Concat(stage.When.SelectMany(rule => rule.Actions))).OfType<StageAction.Send>()
            .Where(send => send.IsSecret).SelectMany(send => send.Text.Split('\n', '\r')).Select(line => line.Trim())
            .Where(line => line.Length >= ShortestMask).Distinct().OrderByDescending(line => line.Length),
    ];

    /// <summary>Tells stages from others: by what they wait for, and not by what they send.</summary>
    public string Digest { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', stages.Select(stage => $"{stage.Name}\0{stage.Trigger}\0{string.Join('\0', stage.When.Select(rule => $"{rule.Trigger} {rule.Goto} {rule.Fail}"))}")))))[..16];

    /// <summary>At the first stage.</summary>
    public StageState Begin(int processId, DateTimeOffset processStartedAt, long place, DateTimeOffset now) => new()
    {
        ProcessId = processId,
        ProcessStartedAt = processStartedAt,
        Digest = Digest,
        StartedAt = now,
        Place = place,
        Since = now,
        Passages = [.. stages.Select((stage, i) => new StagePassage(stage.Name, i == 0 ? StagePhase.UnderWay : StagePhase.Waiting, Rounds: i == 0 ? 1 : 0))],
    };

    /// <summary>At the stage that the guest's memory was at when it was saved.</summary>
    /// <param name="begun">At the first stage.</param>
    /// <param name="stage">That stage; empty: all had been reached.</param>
    public StageState Restore(StageState begun, string stage)
    {
        int current = stage.Length == 0 ? stages.Count : stages.TakeWhile(other => other.Name != stage).Count();
        return begun with
        {
            Current = Math.Min(current, stages.Count - 1),
            Passages = [.. begun.Passages.Select((passage, i) => passage with { Phase = i < current ? StagePhase.Reached : i == current ? StagePhase.UnderWay : StagePhase.Waiting, Rounds = i <= current ? 1 : 0 })],
            Result = current == stages.Count ? StageResult.Passed : null,
            EndedAt = current == stages.Count ? begun.StartedAt : null,
        };
    }

    /// <summary>Other stages are asked for than those that it was begun with: nobody knows where it is.</summary>
    public StageStep Changed(StageState state, DateTimeOffset now) => new(
        state with { Doing = null, EndedAt = now, Result = new StageResult(1, "its stages in the lab file are others than those that it was started with", state.Passages[state.Current].Name, $"begin anew: qemulab restart {machine}") }, 0);

    /// <summary>What follows from what is there; null: nothing, for now.</summary>
    /// <param name="state">Where it is.</param>
    /// <param name="console">What the guest has written and nothing has been made of.</param>
    /// <param name="quietSince">When the guest has last written; null: there is more to come at once, and no time counts.</param>
    /// <param name="now">The time.</param>
    public StageStep? Look(StageState state, string console, DateTimeOffset? quietSince, DateTimeOffset now)
    {
        if (state.Result is not null || state.Doing is not null)
        {
            return null;
        }

        Stage stage = stages[state.Current];
        if (stage.Trigger is null)
        {
            return Fired(state, rule: null, matched: null, consumed: 0, now);
        }

        if (First(state.Current, console) is { } found)
        {
            return Fired(state, found.Rule, Line(console, found.Match), found.Match.Index + found.Match.Length, now);
        }

        if (quietSince is not { } quiet)
        {
            return null;
        }

        TimeSpan silence = now - new[] { quiet, state.Since, state.QuietFrom ?? quiet }.Max();
        if (stage.Trigger.Silence <= silence)
        {
            return Fired(state, rule: null, matched: null, consumed: 0, now);
        }

        int silent = stage.When.ToList().FindIndex(rule => rule.Trigger.Silence <= silence);
        if (silent >= 0)
        {
            return Fired(state, silent, matched: null, consumed: 0, now);
        }

        return now - state.Since < stage.Timeout ? null : TimedOut(state, console, now);
    }

    /// <summary>What is to be done now; null: nothing.</summary>
    public StageAction? ActionOf(StageState state) => state is { Doing: { IsBegun: false } doing, Result: null } ? ActionsOf(state, doing.Rule)[doing.Action] : null;

    /// <summary>How long an action may take: as long as its stage.</summary>
    public TimeSpan LimitOf(StageState state) => stages[state.Current].Timeout;

    /// <summary>What is to be done may have been done from now on.</summary>
    public static StageState Begun(StageState state) => state with { Doing = state.Doing! with { IsBegun = true } };

    /// <summary>What was begun is done, or was begun by a daemon that has gone.</summary>
    public StageStep Done(StageState state, DateTimeOffset now)
    {
        StageDoing doing = state.Doing!;
        return doing.Action + 1 < ActionsOf(state, doing.Rule).Count
            ? new StageStep(state with { Doing = doing with { Action = doing.Action + 1, IsBegun = false } }, 0)
            : Settled(state with { Doing = null }, doing.Rule, doing.Matched, now);
    }

    /// <summary>An action could not be carried out.</summary>
    public StageStep Failed(StageState state, StageAction action, string why, string? hint, DateTimeOffset now) =>
        End(state with { Doing = null }, new StageResult(stages[state.Current].Code, $"stage {NameOf(state)}: {Verb(action)}: {why}", stages[state.Current].Name, hint), now);

    /// <summary>The guest has gone, and its console has been read to its end.</summary>
    /// <param name="state">Where it was.</param>
    /// <param name="how">How it ended.</param>
    /// <param name="hint">What to do.</param>
    /// <param name="now">The time.</param>
    public StageStep Gone(StageState state, string how, string? hint, DateTimeOffset now) =>
        End(state with { Doing = null }, new StageResult(1, $"stage {NameOf(state)} was not reached: {how}", stages[state.Current].Name, hint), now);

    /// <summary>It cannot go on, for a reason that nobody has foreseen.</summary>
    public static StageStep Broken(StageState state, string why, DateTimeOffset now) =>
        End(state with { Doing = null }, new StageResult(1, $"its stages could not be gone on with: {why}", state.Passages[state.Current].Name), now);

    /// <summary>The time in which the machine stood still does not count.</summary>
    public static StageState Held(StageState state, TimeSpan time) => state with { Since = state.Since + time };

    /// <summary>A console's text without what must not be shown.</summary>
    public string Masked(string text)
    {
        foreach (string secret in secrets)
        {
            text = text.Replace(secret, "***", StringComparison.Ordinal);
        }

        return text;
    }

    private string Hint => $"read its console: qemulab logs {machine}; sit at it: qemulab console {machine}";

    private static Regex[] Compiled(StageTrigger? trigger) => [.. (trigger?.Patterns ?? []).Select(StagePattern.Compile)];

    /// <summary>The one that begins first in the text; of several, the stage's own.</summary>
    private (int? Rule, Match Match)? First(int stage, string console)
    {
        (int? Rule, Match Match)? first = null;
        for (int rule = -1; rule < rulePatterns[stage].Length && console.Length > 0; rule++)
        {
            foreach (Regex pattern in rule < 0 ? patterns[stage] : rulePatterns[stage][rule])
            {
                if (pattern.Match(console) is { Success: true, Length: > 0 } match && (first is null || match.Index < first.Value.Match.Index))
                {
                    first = (rule < 0 ? null : rule, match);
                }
            }
        }

        return first;
    }

    private StageStep Fired(StageState state, int? rule, string? matched, int consumed, DateTimeOffset now)
    {
        if (rule is { } number)
        {
            string key = string.Create(CultureInfo.InvariantCulture, $"{state.Current}.{number}");
            int times = state.Fired.GetValueOrDefault(key) + 1;
            StageRule fired = stages[state.Current].When[number];
            if (times > fired.Times)
            {
                string often = times == 2 ? "a second time" : string.Create(CultureInfo.InvariantCulture, $"more than {fired.Times} times");
                return End(state, new StageResult(stages[state.Current].Code, $"stage {NameOf(state)}: {fired.Trigger} came {often}{Because(fired.Says)}", stages[state.Current].Name, Hint), now) with { Consumed = consumed };
            }

            state = state with { Fired = new Dictionary<string, int>(state.Fired) { [key] = times }, QuietFrom = now };
        }

        return ActionsOf(state, rule).Count > 0
            ? new StageStep(state with { Doing = new StageDoing(rule, 0, IsBegun: false, matched) }, consumed)
            : Settled(state, rule, matched, now) with { Consumed = consumed };
    }

    /// <summary>All is done that was to be done: it goes on.</summary>
    private StageStep Settled(StageState state, int? rule, string? matched, DateTimeOffset now)
    {
        string by = matched is null ? "" : $": {matched}";
        if (rule is { } number)
        {
            StageRule fired = stages[state.Current].When[number];
            string came = matched is null ? fired.Trigger.ToString() : $"'{matched}'";
            return (fired.Fail, fired.Goto) switch
            {
                ({ } code, _) => End(state, new StageResult(code, $"stage {NameOf(state)}: {fired.Says ?? $"{came} came"}{(fired.Says is null ? "" : by)}", stages[state.Current].Name, Hint), now),
                (_, { } next) => At(state, IndexOf(next), StagePhase.Waiting, null, now) with { News = [new(StageNews.Again, $"{NameOf(state)}: {fired.Says ?? $"{came} came"}; back to {next}")] },
                _ => new StageStep(state, 0) { News = [new(StageNews.Answered, $"{NameOf(state)}: {fired.Says ?? $"{came} came"}")] },
            };
        }

        string reached = $"{NameOf(state)} after {StageText.Seconds((now - state.Since).TotalSeconds)}{by}";
        StageStep further = state.Current + 1 < stages.Count
            ? At(state, state.Current + 1, StagePhase.Reached, matched, now)
            : End(Passed(state, StagePhase.Reached, matched, now), StageResult.Passed, now);
        return further with { News = [new(StageNews.Reached, reached), .. further.News] };
    }

    /// <summary>Goes on with another stage. Those between are passed over, or waited for again.</summary>
    private static StageStep At(StageState state, int next, StagePhase left, string? matched, DateTimeOffset now)
    {
        int current = state.Current;
        StagePassage[] passages = [.. (left == StagePhase.Reached ? Passed(state, left, matched, now) : state).Passages];
        for (int i = 0; i < passages.Length; i++)
        {
            passages[i] = i == next ? new StagePassage(passages[i].Name, StagePhase.UnderWay, Rounds: passages[i].Rounds + 1)
                : i > next && i <= current ? new StagePassage(passages[i].Name, StagePhase.Waiting, Rounds: passages[i].Rounds)
                : i < next && i >= current && passages[i].Phase != StagePhase.Reached ? passages[i] with { Phase = StagePhase.Skipped, Seconds = i == current ? Waited(state, now) : null }
                : passages[i];
        }

        return new StageStep(state with { Current = next, Since = now, Passages = passages }, 0);
    }

    private StageStep TimedOut(StageState state, string console, DateTimeOffset now)
    {
        Stage stage = stages[state.Current];
        string[] tail = [.. Masked(console).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).TakeLast(QuotedLines).Select(line => "  " + StageText.Quote(line))];
        string[] lines =
        [
            $"stage {NameOf(state)} was not reached within {StageText.Time(stage.Timeout)}, while waiting for {stage.Trigger}{Because(stage.Says)}",
            tail.Length > 0 ? "since the stage before, its serial console ends with:" : "since the stage before, its serial console is silent",
            .. tail,
        ];
        return End(state, new StageResult(stage.Code, string.Join('\n', lines), stage.Name, Hint), now);
    }

    private static StageStep End(StageState state, StageResult result, DateTimeOffset now) => new(
        (result.IsPassed ? state : Passed(state, StagePhase.Failed, null, now)) with { Result = result, EndedAt = now }, 0)
    {
        News = [result.IsPassed ? new(StageNews.Passed, string.Create(CultureInfo.InvariantCulture, $"all {state.Passages.Count} stages after {StageText.Seconds((now - state.StartedAt).TotalSeconds)}")) : new(StageNews.Failed, result.Message!)],
    };

    private static StageState Passed(StageState state, StagePhase phase, string? matched, DateTimeOffset now) => state with
    {
        Passages = [.. state.Passages.Select((passage, i) => i == state.Current ? passage with { Phase = phase, Seconds = Waited(state, now), Matched = matched } : passage)],
    };

    private static double Waited(StageState state, DateTimeOffset now) => Math.Round(Math.Max(0, (now - state.Since).TotalSeconds), 3);

    /// <summary>The line of the console that the match ends in, up to its end: a prompt as it stands there.</summary>
    private string Line(string console, Match match)
    {
        int begin = match.Index == 0 ? 0 : console.LastIndexOf('\n', match.Index - 1) + 1;
        string line = console[begin..(match.Index + match.Length)].TrimEnd('\n').Split('\n')[^1];
        return StageText.Quote(Masked(line));
    }

    private IReadOnlyList<StageAction> ActionsOf(StageState state, int? rule) =>
        rule is { } number ? stages[state.Current].When[number].Actions : stages[state.Current].Actions;

    private int IndexOf(string name) => Enumerable.Range(0, stages.Count).First(i => stages[i].Name == name);

    /// <summary><c>login (2 of 5)</c></summary>
    private string NameOf(StageState state) => string.Create(CultureInfo.InvariantCulture, $"{stages[state.Current].Name} ({state.Current + 1} of {stages.Count})");

    private static string Because(string? says) => says is null ? "" : $" ({says})";

    private static string Verb(StageAction action) => action switch
    {
        StageAction.Send => "its text could not be sent",
        StageAction.Press => "its keys could not be pressed",
        StageAction.Power => "its power could not be switched",
        StageAction.Snapshot => "its snapshot could not be taken",
        _ => "it could not be carried out",
    };

}

/// <summary>What has followed.</summary>
/// <param name="Next">Where it is now.</param>
/// <param name="Consumed">So many characters of the console have had their effect.</param>
internal sealed record StageStep(StageState Next, int Consumed)
{
    public IReadOnlyList<StageNews> News { get; init; } = [];
}
