using System.CommandLine;
using System.Globalization;
using QemuLab.Api;
using QemuLab.Engine.Labs;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab events</c>: what happened, and with -f what happens.</summary>
internal static class EventsCommand
{
    public static Command Create(Cli cli)
    {
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with new events until interrupted" };
        var since = new Option<string?>("--since") { Description = "Only events above this id, or from a time on: 10m, 14:30", HelpName = "id|time" };
        Option<bool> json = CommonOptions.Json("One JSON object a line");
        return new Verb("events", "Show what happened to labs and machines", "watch")
        {
            Examples = [("qemulab events", "what is kept"), ("qemulab events -f --json", "for scripts, until interrupted"), ("qemulab events --since 120", "what came after event 120"), ("qemulab events --since 10m", "the last ten minutes")],
            Options = { follow, since, json },
        }.Runs(parse =>
        {
            EventSince from = EventSince.Parse(parse.GetValue(since), DateTimeOffset.UtcNow);
            string after = from.Id.ToString(CultureInfo.InvariantCulture);
            if (!parse.GetValue(follow))
            {
                Show(cli.Terminal, cli.Daemon.Get<IReadOnlyList<LabEvent>>("/v1/events/kept?since=" + after).Where(from.Includes), parse.GetValue(json));
                return;
            }

            using DaemonResponse response = cli.Daemon.Open("GET", "/v1/events?since=" + after);
            using var interrupts = new Interrupts(response.Dispose);
            Show(cli.Terminal, EventFrames.Read(response.Lines()).Where(from.Includes), parse.GetValue(json));
            if (interrupts.Seen)
            {
                throw new OperationCanceledException();
            }
        });
    }

    private static void Show(Terminal terminal, IEnumerable<LabEvent> events, bool json)
    {
        foreach (LabEvent happened in events)
        {
            if (json)
            {
                JsonOutput.WriteLine(terminal, happened);
                continue;
            }

            terminal.Out.WriteLine(Line(happened));
        }
    }

    internal static string Line(LabEvent happened)
    {
        string subject = happened.Machine is { } machine ? $"{happened.Lab}/{machine}" : happened.Lab;
        string time = happened.Time.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        return $"{time}  {happened.Id,5}  {subject,-20}  {happened.Kind.ToString().ToLowerInvariant(),-8} {happened.Word}{(happened.Message is { } message ? ": " + message : "")}";
    }
}
