using QemuLab.Engine.CloudInit;
using QemuLab.Engine.Labs;

namespace QemuLab.Tests.Labs;

public sealed class UserDataReadingTests
{
    private static IReadOnlyList<UserDataPart> Parts(string lines) => LabFiles.Lab(LabFiles.OneMachine(lines)).Machines[0].UserData;

    [Fact]
    public void Parts_come_from_defaults_group_and_machine_in_this_order()
    {
        LabSource source = LabFiles.Source("""
            name: x
            image: debian-12
            defaults: { userData: all.yaml }
            groups:
              a:
                count: 2
                userData: |
                  #!/bin/sh
                  echo ${machine.name} ${HOME} $${machine.name}
                machines: { a1: { userData: { runcmd: [[echo, "a: b"], no] } } }
            """);
        source = source with
        {
            DisplayPath = "labs/k8s.yaml",
            Files = new Dictionary<string, SourceFile> { ["all.yaml"] = new("#cloud-config\r\nhostname: ${machine.name}.${lab.domain}\r\n") },
        };

        IReadOnlyList<UserDataPart> parts = LabReader.Read(source, LabFiles.Images).LabOrThrow().Machines[1].UserData;

        Assert.Equal(
            [
                new("labs/all.yaml", "#cloud-config\nhostname: a1.${lab.domain}\n"),
                new("labs/k8s.yaml:7:15", "#!/bin/sh\necho a1 ${HOME} $${machine.name}\n"),
                new("labs/k8s.yaml:10:33", "#cloud-config\nruncmd:\n-\n  - echo\n  - \"a: b\"\n- no\n"),
            ],
            parts);
    }

    [Fact]
    public void An_inline_mapping_keeps_its_values()
    {
        const string lines = """
            userData:
              package_update: false
              a: { b: { c: [1, "1", 1.10, ~, "", [], {}] } }
              write_files:
                - path: /x
                  content: |
                    "quoted" \ line
                    	tab
                - { path: /y, x: [{ k: v, l: w }] }
            """;

        Assert.Equal(
            """
            #cloud-config
            package_update: false
            a:
              b:
                c:
                - 1
                - "1"
                - 1.10
                - ~
                - ""
                - []
                - {}
            write_files:
            - path: /x
              content: "\"quoted\" \\ line\n\ttab\n"
            - path: /y
              x:
              - k: v
                l: w

            """.ReplaceLineEndings("\n").Replace("\t", "\\t", StringComparison.Ordinal),
            Parts(lines)[0].Text);
    }

    [Fact]
    public void Parameters_are_substituted_by_their_long_name_only()
    {
        string text = "name: x\nimage: micro\nparameters: { motd: hi }\ngroups:\n  a:\n    userData: |\n      #!/bin/sh\n      echo ${parameters.motd} ${motd}\n";

        Assert.Equal("#!/bin/sh\necho hi ${motd}\n", LabFiles.Lab(text).Machines[0].UserData[0].Text);
    }

    [Fact]
    public void A_parameter_that_changes_the_YAML_is_a_fault_and_is_not_shown()
    {
        string text = "name: x\nimage: micro\nparameters: { p: }\ngroups: { a: { userData: { bootcmd: [\"${parameters.p}\"] } } }\n";

        Assert.Equal(
            "lab.yaml:4:26: userData: with the parameters put in, this user-data is not the same YAML any more: write the parameter inside quotes, and without quotes or line breaks in its value",
            LabFiles.Text(LabFiles.Read(text, "p='hunter2\"]'")));
    }

    [Fact]
    public void The_planner_gives_the_rest()
    {
        Dictionary<string, string> values = new() { [UserDataSubstitution.MachineAddress] = "10.0.0.4", [UserDataSubstitution.LabDomain] = "x.lab" };

        Assert.Equal(
            "10.0.0.4 x.lab ${machine.address} ${HOME} ${parameters.x} $$ $",
            UserDataSubstitution.Apply("${machine.address} ${lab.domain} $${machine.address} ${HOME} ${parameters.x} $$ $", values));
    }

    [Fact]
    public void The_files_that_a_lab_names_are_known_before_they_are_read()
    {
        LabSource source = LabFiles.Source("""
            name: x
            image: micro
            parameters: { role: web }
            defaults: { userData: all.yaml }
            groups:
              a: { userData: "${role}.yaml", machines: { a: { userData: all.yaml } } }
              b: { userData: "#!/bin/sh" }
              c: { userData: { packages: [a] } }
            """) with { Settings = ["role=db", "groups.b.userData=b.yaml"] };

        Assert.Equal(["all.yaml", "db.yaml", "b.yaml"], LabReader.ReferencedFiles(source));
    }
}
