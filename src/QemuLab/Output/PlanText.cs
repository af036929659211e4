using System.Globalization;
using QemuLab.Api;
using QemuLab.Engine.Machines;

namespace QemuLab.Output;

/// <summary>A plan for people: the network, the accelerator, and a table of machines.</summary>
internal static class PlanText
{
    public static string Render(PlanView plan, int? width)
    {
        string accelerator = plan.Accelerator switch
        {
            null => "none: QEMU was not found",
            { FallbackReason: { } reason } fallback => $"{fallback.Name} ({reason})",
            var best => best.Name,
        };
        return $"""
            Lab:          {plan.Name}
            Network:      {plan.Network.Subnet}, gateway {plan.Network.Gateway}, DNS {plan.Network.Dns}, domain {plan.Network.Domain}
            Accelerator:  {Prose.Hang(accelerator, width, 14)}

            """.ReplaceLineEndings("\n") + Published(plan.Network.Published) + Hooks(plan.Hooks) + "\n" + Table(plan.Machines).Render(width);
    }

    private static string Published(IReadOnlyList<PublishedView> ports) =>
        string.Concat(ports.Select(published => $"Publish:      {published.Port} to {published.Group}: {string.Join(", ", published.Machines)}\n"));

    private static string Hooks(IReadOnlyList<PlannedHookView> hooks) =>
        string.Concat(hooks.Select((hook, i) => $"{(i == 0 ? "Hooks:" : ""),-14}{string.Join(", ", hook.On)}{(hook.Machines.Count == 0 ? "" : $" of {string.Join(", ", hook.Machines)}")}: {TerminalText.Plain(hook.Action)}\n"));

    private static TextTable Table(IReadOnlyList<PlannedMachineView> machines)
    {
        TextColumn[] order = machines.Any(machine => machine.DependsOn.Count > 0) ? [new("DEPENDS ON")] : [];
        var table = new TextTable(
        [
            new("NAME"), new("ADDRESS") { IsWhole = true }, new("MAC", DropOrder: 2) { IsWhole = true }, new("CPUS", RightAligned: true), new("MEMORY", RightAligned: true), new("DISK", RightAligned: true), new("IMAGE"), new("BOOT", DropOrder: 3), new("PORTS", DropOrder: 4), new("SSH PORT", RightAligned: true, DropOrder: 1), .. order,
        ]);
        foreach (PlannedMachineView machine in machines)
        {
            table.Add(
                machine.Name,
                machine.Address,
                machine.Mac,
                machine.Cpus.ToString(CultureInfo.InvariantCulture),
                new ByteSize(machine.Memory).ToString(),
                string.Join('+', machine.Disks.Select(disk => new ByteSize(disk.Size).ToString())),
                machine.Image,
                machine.Boot,
                string.Join(' ', machine.Ports),
                machine.SshPort.ToString(CultureInfo.InvariantCulture),
                DependencyText.Of(machine.DependsOn, machines));
        }

        return table;
    }
}
