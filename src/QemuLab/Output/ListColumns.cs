using System.Globalization;
using QemuLab.Api;
using QemuLab.Engine.Machines;

namespace QemuLab.Output;

/// <summary>What the table of machines shows of each.</summary>
/// <param name="Labels">Their labels too.</param>
/// <param name="Wide">Everything that fits a line of any length.</param>
internal sealed record ListColumns(bool Labels = false, bool Wide = false)
{
    public TextTable Table(IReadOnlyList<MachineView> machines, DateTimeOffset now)
    {
        (TextColumn Column, Func<MachineView, string?> Cell)[] columns =
        [
            (new("NAME"), machine => machine.Name),
            (new("STATE") { Enough = 30 }, machine => machine.Status),
            (new("ADDRESS") { IsWhole = true }, machine => machine.Plan?.Address),
            (new("SSH", DropOrder: 5), machine => machine.Ssh?.Command),
            (new("CPUS", RightAligned: true, DropOrder: 2), machine => machine.Plan?.Cpus.ToString(CultureInfo.InvariantCulture)),
            (new("MEMORY", RightAligned: true, DropOrder: 3), machine => machine.Plan is { } plan ? new ByteSize(plan.Memory).ToString() : null),
            (new("IMAGE", DropOrder: 1), machine => machine.Plan?.Image),
            (new("UPTIME", RightAligned: true, DropOrder: 4), machine => machine.StartedAt is { } started ? Duration.Short(now - started) : null),
            .. Only(Wide, (new("READY AFTER", RightAligned: true), machine => machine.ReadyAfterSeconds is { } seconds ? Duration.Short(TimeSpan.FromSeconds(seconds)) : null)),
            .. Only(Wide, (new("PORTS"), machine => string.Join(',', machine.Plan?.Ports ?? []))),
            .. Only(Wide, (new("CONDITIONS"), machine => string.Join(',', machine.Conditions))),
            .. Only(Labels || Wide, (new("LABELS"), machine => string.Join(',', (machine.Plan?.Labels ?? new Dictionary<string, string>()).Select(label => $"{label.Key}={label.Value}")))),
        ];
        var table = new TextTable([.. columns.Select(column => column.Column)]);
        foreach (MachineView machine in machines)
        {
            table.Add([.. columns.Select(column => column.Cell(machine))]);
        }

        return table;
    }

    private static (TextColumn Column, Func<MachineView, string?> Cell)[] Only(bool shown, (TextColumn Column, Func<MachineView, string?> Cell) column) => shown ? [column] : [];
}
