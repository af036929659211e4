using System.Text;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Images;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Qemu;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>cases/plans/NAME/lab.yaml, planned for each kind of host: everything that was decided, in one file a host.</summary>
[Trait("Category", "golden")]
public sealed class PlanGoldenTests
{
    public static IEnumerable<TheoryDataRow<string, string>> Cases =>
        from folder in Directory.GetDirectories(Path.Combine(Golden.Cases, "plans"))
        from host in Fakes.Hosts.ByName.Keys
        select new TheoryDataRow<string, string>(Path.GetFileName(folder), host);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_lab_is_planned_as_reviewed(string name, string host)
    {
        string folder = Path.Combine(Golden.Cases, "plans", name);

        Golden.Matches(Path.Combine(folder, host + ".txt"), PlanOrRefusal(File.ReadAllText(Path.Combine(folder, "lab.yaml")), Fakes.Hosts.ByName[host]));
    }

    private static string PlanOrRefusal(string text, HostFacts host)
    {
        try
        {
            return Describe(Plan(text, host));
        }
        catch (QemuLabException refused)
        {
            return $"refused ({refused.Code}): {refused.Message}\nhint: {refused.Hint}\n";
        }
    }

    internal static LabPlan Plan(string text, HostFacts host)
    {
        var source = new LabSource { DisplayPath = "lab.yaml", BaseDirectory = "/home/ann/labs", Text = text };
        Lab lab = LabReader.Read(source, LabFiles.Images).LabOrThrow();
        return LabPlanner.Plan(lab, new PlanContext
        {
            Host = host,
            Paths = new StatePaths("/home/ann/.local/share/qemulab"),
            Images = LabFiles.Images.ToDictionary(image => image.Name, image => new PlannedImage(image, FilesOf(image))),
        });
    }

    private static ImageFiles FilesOf(ImageReference image)
    {
        string folder = $"/home/ann/.local/share/qemulab/images/{image.Name}/0123abcd";
        return image.Firmware == ImageFirmware.Kernel
            ? new ImageFiles("0123abcd", folder + "/disk.qcow2", folder + "/kernel", folder + "/initrd", "console=ttyS0 quiet", ByteSize.FromMiB(82))
            : new ImageFiles("0123abcd", folder + "/disk.qcow2", null, null, null, ByteSize.FromGiB(2));
    }

    private static string Describe(LabPlan plan)
    {
        var text = new StringBuilder();
        text.Append($"lab {plan.Name}: network {plan.Network.Subnet}, gateway {plan.Network.Gateway}, DNS {plan.Network.Dns}, domain {plan.Network.Domain}\n");
        foreach (NetworkPlan network in plan.Networks.Where(network => network.Mode != NetworkMode.User))
        {
            text.Append($"network {network.Network}: mode {network.Mode.Word()}, {network.Subnet} {network.Prefix6}, gateway {network.Gateway}, bridge {network.Bridge}, files in {network.Paths.Directory}\n");
            text.AppendJoin("", network.Records.Select(record => $"  {record.Name} {record.Address}\n"));
            text.AppendJoin("", network.Routes.Select(route => $"  {route.To} via {route.Via}\n"));
        }

        text.AppendJoin("", plan.Network.Balanced.Select(balanced => $"publish {balanced.Port} to {balanced.Group}: {string.Join(' ', balanced.Machines)}\n"));
        foreach (string warning in plan.Warnings)
        {
            text.Append($"warning: {warning}\n");
        }

        foreach (MachinePlan machine in plan.Machines)
        {
            text.Append($"\n{machine.Name}: {machine.Address} {machine.Mac} {machine.Uuid}, ssh {machine.LoginUser}@{machine.SshEndpoint}\n");
            foreach (string disk in machine.Disks.Select(disk => $"  disk {disk.Name}: {disk.Size}{(disk.BackingPath is null ? "" : " over " + disk.BackingPath)}"))
            {
                text.Append(disk).Append('\n');
            }

            text.Append("  ").Append(plan.Host.Qemu!.SystemPath).Append('\n');
            foreach (QemuArgument argument in QemuCommandLine.For(machine, plan.Host).Items)
            {
                text.Append("    ").Append(argument.Value is null ? argument.Flag : $"{argument.Flag} {ShellQuoting.Quote(argument.Value)}").Append('\n');
            }
        }

        return text.ToString();
    }
}
