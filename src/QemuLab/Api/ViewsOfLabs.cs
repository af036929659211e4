using System.Globalization;
using QemuLab.Engine.Hooks;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Stages;
using QemuLab.Output;

namespace QemuLab.Api;

/// <summary>Makes the API's records from the engine's.</summary>
internal static class ViewsOfLabs
{
    public static LabView View(this LabStatus lab, StatePaths paths) => new(
        lab.Name,
        lab.File,
        lab.Plan.Network.View(),
        lab.Plan.Host.Accelerator?.View(),
        lab.Plan.Warnings,
        [.. lab.Machines.Select(machine => machine.View(lab, paths))]);

    public static MachineView View(this MachineStatus machine, LabStatus lab, StatePaths paths)
    {
        MachinePlan? decided = lab.Plan.Machines.FirstOrDefault(candidate => candidate.Name == machine.Name);
        MachineDirectory files = paths.Machine(machine.Lab, machine.Name);
        return new MachineView
        {
            Lab = machine.Lab,
            Name = machine.Name,
            Group = machine.Group,
            State = machine.State,
            Phase = machine.Phase,
            Status = StatusText.For(machine),
            Reason = machine.Reason,
            Hint = machine.Hint,
            Alarms = [.. machine.Alarms.Select(alarm => new AlarmView(alarm.Kind, alarm.Disk, alarm.Message, alarm.Evidence, alarm.Hint, alarm.Since, alarm.Count))],
            Conditions = MachineConditions.Of(machine, decided, lab.RestartRequired.Contains(machine.Name)),
            Impairments = [.. lab.Faults.Where(fault => fault.Concerns(machine.Name)).Select(fault => fault.TextFor(machine.Name))],
            Since = machine.Since,
            StartedAt = machine.StartedAt,
            ReadyAfterSeconds = machine.ReadyAfter?.TotalSeconds,
            ProcessId = machine.ProcessId,
            Stages = machine.Stages,
            Plan = decided?.View(),
            Ssh = decided is null ? null : new SshView(decided.LoginUser, decided.SshEndpoint.Address.ToString(), decided.SshEndpoint.Port, "qemulab ssh " + machine.Name, paths.SshConfig(machine.Lab)),
            Files = new MachineFilesView(files.Path, files.SerialLog, files.QemuLog, files.Seed, files.Monitor, files.Console),
        };
    }

    public static PlanView View(this LabPlan plan, Func<MachinePlan, IReadOnlyList<ArgumentView>?> arguments) => new(
        plan.Name,
        plan.Host.Accelerator?.View(),
        plan.Network.View(),
        [.. plan.Machines.Select(machine => machine.View() with { Arguments = arguments(machine) })],
        [.. plan.Hooks.Select(hook => new PlannedHookView([.. hook.On.Select(happened => happened.Word())], hook.Action.ToString()!, hook.Machines))],
        plan.Warnings);

    private static NetworkView View(this NetworkPlan network) =>
        new(network.Subnet.ToString(), network.Gateway?.ToString(), network.Dns?.ToString(), network.Domain, network.Published());

    public static IReadOnlyList<PublishedView> Published(this NetworkPlan network) =>
        [.. network.Balanced.Select(balanced => new PublishedView(PortText(balanced.Port), balanced.Group, balanced.Machines))];

    private static PlannedMachineView View(this MachinePlan machine) => new()
    {
        Name = machine.Name,
        Group = machine.Spec.Group.Value,
        Image = machine.Spec.Image,
        Address = machine.Address.ToString(),
        Mac = machine.Mac.ToString(),
        Uuid = machine.Uuid,
        SshPort = machine.SshPort,
        User = machine.LoginUser,
        Cpus = machine.Spec.Cpus,
        CpuModel = machine.CpuModel,
        Memory = machine.Spec.Memory.Bytes,
        MaxMemory = machine.Spec.MaxMemory?.Bytes,
        Boot = machine.Firmware switch
        {
            FirmwarePlan.Uefi => "uefi",
            FirmwarePlan.Bios => "bios",
            _ => "kernel",
        },
        Disks = [.. machine.Disks.Select(disk => new DiskView(disk.Name, disk.Path, disk.Size.Bytes, disk.BackingPath))],
        Ports = [.. machine.Spec.Ports.Select(PortText)],
        Published = [.. machine.Nics[0].Network.Balanced.Where(balanced => balanced.Machines.Contains(machine.Name)).Select(balanced => PortText(balanced.Port))],
        Labels = machine.Spec.Labels,
        DependsOn = [.. machine.Spec.DependsOn.Select(dependency => new DependencyView(dependency.Machine, dependency.Condition.Word()))],
        HealthCheck = machine.Spec.HealthCheck?.Question.ToString(),
        Stages = machine.Spec.Stages.Count == 0 ? null : [.. machine.Spec.Stages.Select(stage => stage.Name)],
        Ready = machine.Spec.Ready == ReadyBy.Stages ? "stages" : null,
    };

    /// <summary><c>8080:80</c> where the host's side is loopback and TCP, else all of it.</summary>
    private static string PortText(PortForward port)
    {
        string host = System.Net.IPAddress.IsLoopback(port.HostAddress) ? "" : port.HostAddress + ":";
        string protocol = port.Protocol == TransportProtocol.Udp ? "/udp" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{host}{port.HostPort}:{port.GuestPort}{protocol}");
    }
}
