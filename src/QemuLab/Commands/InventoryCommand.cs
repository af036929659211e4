using System.CommandLine;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab inventory</c>: a lab for Ansible.</summary>
internal static class InventoryCommand
{
    public static Command Create(Cli cli)
    {
        Argument<string?> lab = new Argument<string?>("lab") { Description = "The lab; may be left out where there is one", Arity = ArgumentArity.ZeroOrOne }.Completes(WordKind.Lab);
        var list = new Option<bool>("--list") { Description = "As Ansible asks a script: JSON of groups and of every host's variables" };
        var host = new Option<string?>("--host") { Description = "As Ansible asks a script: JSON of one host's variables", HelpName = "name" };
        return new Verb("inventory", "Print a lab as an inventory for Ansible; its groups are the lab's")
        {
            Examples =
            [
                ("qemulab inventory k8s", "YAML, for a file: ansible -i inventory.yaml all -m ping"),
                ("qemulab inventory k8s --list", "for a script of one line, exec qemulab inventory k8s \"$@\": always as the lab is"),
            ],
            Arguments = { lab },
            Options = { list, host },
        }.Runs(parse =>
        {
            if (parse.GetValue(list) && parse.GetValue(host) is not null)
            {
                throw new QemuLabException(ErrorKind.Usage, "usage", "--list and --host exclude each other");
            }

            LabView status = LabChoice.For(cli, parse.GetValue(lab));
            if (parse.GetValue(host) is { } name)
            {
                cli.Terminal.Out.WriteLine(AnsibleInventory.Host(status, name).ToJsonString(JsonOutput.Readable));
            }
            else if (parse.GetValue(list))
            {
                cli.Terminal.Out.WriteLine(AnsibleInventory.List(status).ToJsonString(JsonOutput.Readable));
            }
            else
            {
                cli.Terminal.Out.Write(AnsibleInventory.Yaml(status));
            }
        });
    }
}
