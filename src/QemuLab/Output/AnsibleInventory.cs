using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using QemuLab.Api;
using QemuLab.Engine.Hosts;

namespace QemuLab.Output;

/// <summary>
/// A lab as an inventory of Ansible: its groups are the lab's, its hosts the machines, reached through the lab's own ssh
/// configuration. As a file (YAML), and as what a script answers with
/// (https://docs.ansible.com/ansible/latest/dev_guide/developing_inventory.html).
/// </summary>
internal static class AnsibleInventory
{
    public static string Yaml(LabView lab)
    {
        var text = new StringBuilder($"# Lab {lab.Name}, for: ansible -i THIS-FILE all -m ping\nall:\n");
        Hosts(text, "  ", Reachable(lab).Where(IsItsGroup));
        text.Append(Reachable(lab).All(IsItsGroup) ? "" : "  children:\n");
        foreach (IGrouping<string, MachineView> group in Groups(lab))
        {
            text.Append(CultureInfo.InvariantCulture, $"    {group.Key}:\n");
            Hosts(text, "      ", group);
        }

        return text.ToString();
    }

    /// <summary>What <c>--list</c> prints: groups, and each host's variables in <c>_meta</c>, so that nothing more is asked for.</summary>
    public static JsonObject List(LabView lab)
    {
        IGrouping<string, MachineView>[] groups = [.. Groups(lab)];
        var hosts = new JsonObject(Reachable(lab).Select(machine => KeyValuePair.Create(machine.Name, (JsonNode?)Variables(machine))));
        var list = new JsonObject
        {
            ["_meta"] = new JsonObject { ["hostvars"] = hosts },
            ["all"] = new JsonObject { ["hosts"] = Names(Reachable(lab).Where(IsItsGroup)), ["children"] = new JsonArray([.. groups.Select(group => JsonValue.Create(group.Key))]) },
        };
        foreach (IGrouping<string, MachineView> group in groups)
        {
            list[group.Key] = new JsonObject { ["hosts"] = Names(group) };
        }

        return list;
    }

    /// <summary>What <c>--host NAME</c> prints: empty for a host that is not there, as the protocol has it.</summary>
    public static JsonObject Host(LabView lab, string name) =>
        Reachable(lab).FirstOrDefault(machine => machine.Name == name) is { } machine ? Variables(machine) : [];

    private static IEnumerable<MachineView> Reachable(LabView lab) => lab.Machines.Where(machine => machine.Ssh is not null);

    private static IEnumerable<IGrouping<string, MachineView>> Groups(LabView lab) => Reachable(lab).Where(machine => !IsItsGroup(machine)).GroupBy(machine => machine.Group);

    /// <summary>A machine that is called like its group is all of it: Ansible warns of a host and a group of one name.</summary>
    private static bool IsItsGroup(MachineView machine) => machine.Name == machine.Group;

    private static JsonArray Names(IEnumerable<MachineView> machines) => new([.. machines.Select(machine => JsonValue.Create(machine.Name))]);

    private static void Hosts(StringBuilder text, string indent, IEnumerable<MachineView> machines)
    {
        string title = $"{indent}hosts:\n";
        foreach (MachineView machine in machines)
        {
            text.Append(title).Append(CultureInfo.InvariantCulture, $"{indent}  {machine.Name}:\n");
            title = "";
            foreach ((string name, JsonNode? value) in Variables(machine))
            {
                // JSON is YAML, and quotes as YAML needs it.
                text.Append(CultureInfo.InvariantCulture, $"{indent}    {name}: {value!.ToJsonString()}\n");
            }
        }
    }

    private static JsonObject Variables(MachineView machine)
    {
        var variables = new JsonObject
        {
            ["ansible_user"] = machine.Ssh!.User,
            ["ansible_ssh_common_args"] = "-F " + ShellQuoting.Quote(machine.Ssh.Config),
            ["lab"] = machine.Lab,
            ["address"] = machine.Plan?.Address,
        };
        if (machine.Plan is { Labels.Count: > 0 } plan)
        {
            variables["labels"] = new JsonObject(plan.Labels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)JsonValue.Create(label.Value))));
        }

        return variables;
    }
}
