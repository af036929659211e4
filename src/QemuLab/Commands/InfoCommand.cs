using System.CommandLine;
using System.Globalization;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Machines;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab info NAME</c>: all that is known of a machine.</summary>
internal static class InfoCommand
{
    public static Command Create(Cli cli)
    {
        Argument<string> name = new Argument<string>("name") { Description = "A machine, LAB/MACHINE or a group" }.Completes(WordKind.MachineOrGroup);
        var json = CommonOptions.Json("A JSON array of machines");
        return new Verb("info", "Show all that is known of a machine", "inspect")
        {
            Examples = [("qemulab info control0", "addresses, disks, files, state"), ("qemulab info control --json", "a whole group, as an array")],
            Arguments = { name },
            Options = { json },
        }.Runs(parse =>
        {
            MachineView[] machines = [.. MachineNames.Find(cli, [parse.GetRequiredValue(name)])];
            Ask(cli, machines);
            if (parse.GetValue(json))
            {
                JsonOutput.Write<IReadOnlyList<MachineView>>(cli.Terminal, machines);
                return;
            }

            cli.Terminal.Out.Write(string.Join('\n', machines.Select(machine => Describe(machine, cli.Terminal.Width))));
        });
    }

    private static void Ask(Cli cli, MachineView[] machines)
    {
        if (machines is [var only])
        {
            // To wake the thread pool takes longer than to ask.
            machines[0] = Asked(cli, only);
            return;
        }

        Parallel.For(0, machines.Length, i => machines[i] = Asked(cli, machines[i]));
    }

    /// <summary>With what its guest says, where it has somebody to ask.</summary>
    private static MachineView Asked(Cli cli, MachineView machine)
    {
        if (!machine.Conditions.Contains(MachineCondition.AgentConnected) || machine.State != MachineState.Running)
        {
            return machine;
        }

        try
        {
            return machine with { Guest = cli.Daemon.Get<GuestView>(MachineNames.Route(machine, "guest")) };
        }
        catch (QemuLabException silent)
        {
            return machine with { Guest = new GuestView([], silent.Message) };
        }
    }

    internal static string Describe(MachineView machine, int? width)
    {
        List<Row> rows =
        [
            new("Name", $"{machine.Lab}/{machine.Name}"),
            new("Group", machine.Group),
            new("State", machine.Status),
            new("Reason", machine.Reason),
            new("Hint", machine.Hint),
            .. machine.Alarms.Select(alarm => new Row("Alarm", Alarm(alarm, machine))),
            new("Conditions", string.Join(", ", machine.Conditions)),
            new("Impaired", string.Join(", ", machine.Impairments ?? [])),
            new("Started", machine.StartedAt?.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)),
            new("Ready after", machine.ReadyAfterSeconds is { } seconds ? Duration.Short(TimeSpan.FromSeconds(seconds)) : null),
            new("Process", machine.ProcessId?.ToString(CultureInfo.InvariantCulture)),
        ];
        if (machine.Plan is { } plan)
        {
            rows.AddRange(Planned(plan));
        }

        rows.AddRange(Guest(machine.Guest));

        rows.Add(new("Login", machine.Ssh?.Command));
        rows.Add(new("Plain ssh", machine.Ssh is { } ssh ? $"ssh -F {Engine.Hosts.ShellQuoting.Quote(ssh.Config)} {machine.Name}" : null));
        rows.Add(new("Serial log", machine.Files?.SerialLog));
        rows.Add(new("QEMU log", machine.Files?.QemuLog));
        return string.Concat(rows.Where(row => row.Value is { Length: > 0 }).Select(row => $"{row.Title + ":",-13}{Prose.Hang(row.Value!, row.Title is "Reason" or "Guest" or "Conditions" ? width : null, 13)}\n"));
    }

    /// <summary>What the machine's own reason and hint tell already is not told twice.</summary>
    private static string Alarm(AlarmView alarm, MachineView machine)
    {
        string often = alarm.Count == 1 ? "" : $" ({alarm.Count} times)";
        string since = alarm.Since.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        bool isReason = machine.Reason?.StartsWith(alarm.Message, StringComparison.Ordinal) ?? false;
        return $"{since} {alarm.Message}{often}" + (isReason || alarm.Evidence is null ? "" : "\n" + alarm.Evidence) + (isReason || alarm.Hint is null ? "" : "\n" + alarm.Hint);
    }

    private static IEnumerable<Row> Guest(GuestView? guest) => guest is null ? [] :
    [
        new("Guest", guest.Problem is null ? null : TerminalText.Plain(guest.Problem)),
        .. guest.Interfaces.Where(one => one.Network is not null || one.Addresses.Count > 0).Select(one => new Row("Guest", Interface(one))),
    ];

    /// <summary><c>eth0 (lan): 10.77.0.11/24</c>, and what of the plan the guest does not have.</summary>
    private static string Interface(GuestInterface one)
    {
        string name = one.Name is null ? "no interface" : TerminalText.Plain(one.Name), network = one.Network is null ? "" : $" ({one.Network})";
        string missing = one.Missing.Count == 0 ? "" : $"; planned, and not there: {string.Join(", ", one.Missing)}";
        return $"{name}{network}: {(one.Addresses.Count == 0 ? "no address" : string.Join(", ", one.Addresses))}{missing}";
    }

    private static IEnumerable<Row> Planned(PlannedMachineView plan) =>
    [
        new("Image", plan.Image),
        new("Address", plan.Address),
        new("MAC", plan.Mac),
        new("UUID", plan.Uuid.ToString()),
        new("CPUs", $"{plan.Cpus} ({plan.CpuModel})"),
        new("Memory", plan.MaxMemory is { } most ? $"{new ByteSize(plan.Memory)} of at most {new ByteSize(most)}" : new ByteSize(plan.Memory).ToString()),
        new("Boot", plan.Boot),
        .. plan.Disks.Select(disk => new Row("Disk", $"{disk.Name}, {new ByteSize(disk.Size)}, {disk.Path}")),
        new("Ports", string.Join(", ", plan.Ports)),
        new("Publish", string.Join(", ", plan.Published.Select(port => $"{port} with all of {plan.Group}"))),
        new("Depends on", DependencyText.Of(plan.DependsOn, [])),
        new("Health", plan.HealthCheck),
        new("Labels", string.Join(", ", plan.Labels.Select(label => $"{label.Key}={label.Value}"))),
    ];

    /// <summary>A line of the description; without a value it is left out.</summary>
    private sealed record Row(string Title, string? Value);
}
