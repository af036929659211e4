using System.Net;
using QemuLab.Engine.CloudInit;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Ssh;

namespace QemuLab.Tests.CloudInit;

/// <summary>Small decided labs to make seeds from.</summary>
internal static class SeedPlans
{
    public const string AuthorizedKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIQEMULAB qemulab";

    /// <summary>Not a key: only its shape matters here.</summary>
    public static readonly HostKeyPair HostKey = new(
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA==\n-----END OPENSSH PRIVATE KEY-----\n", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHOST");

    public static MachineSpec Spec(string name, params UserDataPart[] parts) => new()
    {
        Name = MachineName.Parse(name),
        Group = MachineName.Parse(name),
        Image = "debian-12",
        Cpus = 1,
        Memory = ByteSize.FromMiB(512),
        UserData = parts,
    };

    private static NetworkPlan Network { get; } = new() { Lab = "demo", Subnet = Subnet.Parse("10.77.0.0/24"), Domain = "demo.lab", Paths = new NetworkPaths("/h/run/demo") };

    public static LabPlan Lab(params MachineSpec[] specs) => new()
    {
        Name = "demo",
        Host = Fakes.Hosts.ByName["linux-x64-kvm"],
        Networks = [Network],
        Machines = [.. specs.Select(Machine)],
    };

    public static SeedContent Seed(LabPlan lab) => SeedContent.For(lab.Machines[0], lab, HostKey, AuthorizedKey);

    /// <summary>The seed of a machine with these documents.</summary>
    public static SeedContent Seed(params string[] documents) =>
        Seed(Lab(Spec("control0", [.. documents.Select((text, i) => new UserDataPart($"part{i + 1}.yaml", text))])));

    private static MachinePlan Machine(MachineSpec spec, int index) => new()
    {
        Lab = "demo",
        Spec = spec,
        Uuid = Guid.Empty,
        Nics = [new NicPlan(Network, MacAddress.For("demo", spec.Name.Value, 0), IPAddress.Parse($"10.77.0.{10 + index}"))],
        SshPort = 2200 + index,
        LoginUser = "lab",
        Shell = "/bin/bash",
        Accelerator = Fakes.Hosts.ByName["linux-x64-kvm"].Accelerator!,
        CpuModel = "host",
        Firmware = new FirmwarePlan.Bios(),
        Disks = [],
        Directory = new MachineDirectory($"/h/labs/demo/machines/{spec.Name}", "/h/run/demo", spec.Name.Value),
    };
}
