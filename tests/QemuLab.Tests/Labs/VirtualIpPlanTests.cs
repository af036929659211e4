using System.Net;
using QemuLab.Engine.CloudInit;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;
using QemuLab.Tests.CloudInit;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>A virtual IP from the lab file to the plan and to what each machine's cloud-init does for it.</summary>
public sealed class VirtualIpPlanTests
{
    private const string Pair = """
        name: k8s
        image: debian-12
        network: { subnet: 10.77.0.0/24 }
        virtualIp:
          address: 10.77.0.100
          name: kubernetes
          gateway: gateway
          backends: [control0, control, other]
          scheduler: sh
          weights: { control1: 3 }
          check: { type: http, path: /healthz, body: ok, interval: 5s, timeout: 3s, fall: 4 }
        groups:
          gateway: { count: 2, image: micro }
          control: { count: 2 }
          other: {}
          worker: {}

        """;

    private const string Certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

    private static LabPlan Planned(string text = Pair) => PlanGoldenTests.Plan(text, Fakes.Hosts.ByName["linux-x64-kvm"]);

    [Fact]
    public void Groups_become_machines_with_their_addresses_and_weights()
    {
        LabPlan plan = Planned();

        Assert.Equal(["gateway0 10.77.0.10", "gateway1 10.77.0.11"], plan.VirtualIp!.Gateways.Select(gateway => $"{gateway.Machine} {gateway.Address}"));
        Assert.Equal(["control0 10.77.0.12 1", "control1 10.77.0.13 3", "other 10.77.0.14 1"], plan.VirtualIp.Backends.Select(backend => $"{backend.Machine} {backend.Address} {backend.Weight}"));
        Assert.Equal(6443, plan.VirtualIp.Port);
        Assert.Equal([VirtualIpRole.Gateway, VirtualIpRole.Gateway, VirtualIpRole.Backend, VirtualIpRole.Backend, VirtualIpRole.Backend, null], plan.Machines.Select(machine => machine.VirtualIp?.Role));
    }

    [Fact]
    public void Its_name_is_known_to_the_network_and_to_every_machine()
    {
        LabPlan plan = Planned();

        Assert.Equal([new NameRecord("kubernetes.k8s.lab", IPAddress.Parse("10.77.0.100"))], plan.Network.Records);
        Assert.All(plan.Machines, machine => Assert.Contains("10.77.0.100 kubernetes.k8s.lab kubernetes\n", EtcHosts.Block(plan), StringComparison.Ordinal));
    }

    [Fact]
    public void No_machine_is_given_the_address()
    {
        LabPlan plan = Planned(Pair.Replace("10.77.0.100", "10.77.0.11", StringComparison.Ordinal));

        Assert.DoesNotContain(plan.Machines, machine => machine.Address.Equals(plan.VirtualIp!.Address));
    }

    [Fact]
    public void A_gateway_may_answer_for_the_address_and_a_backend_may_only_send_from_it()
    {
        MachineConnection[] connections = [.. Planned().Machines.Select(machine => MachinePorts.Connection(machine, machine.Nics[0]))];

        Assert.Equal(["10.77.0.100", "10.77.0.100", "", "", "", ""], connections.Select(connection => string.Join(' ', connection.SharedAddresses)));
        Assert.Equal(["", "", "10.77.0.100", "10.77.0.100", "10.77.0.100", ""], connections.Select(connection => string.Join(' ', connection.HiddenAddresses)));
    }

    [Fact]
    public void Another_check_is_a_restart_of_the_gateways_only()
    {
        LabPlan before = Planned(), after = Planned(Pair.Replace("interval: 5s", "interval: 6s", StringComparison.Ordinal));

        string[] changed = [.. before.Machines.Zip(after.Machines)
            .Where(pair => MachineFingerprint.Of(pair.First, before.Host) != MachineFingerprint.Of(pair.Second, after.Host))
            .Select(pair => pair.First.Name)];

        Assert.Equal(["gateway0", "gateway1"], changed);
    }

    [Theory]
    [Trait("Category", "golden")]
    [InlineData("pair", "gateway1")]
    [InlineData("pair", "control0")]
    [InlineData("certificates", "gateway")]
    public void What_cloud_init_does_for_it_is_what_was_reviewed(string name, string machine)
    {
        LabPlan lab = name == "pair" ? Planned() : Planned($$"""
            name: k8s
            image: debian-12
            network: { subnet: 10.77.0.0/24 }
            virtualIp:
              address: 10.77.0.100
              gateway: gateway
              backends: control
              check: { type: https, path: /healthz, body: "it's ok", ca: {{System.Text.Json.JsonSerializer.Serialize(Certificate)}}, rise: 2, fall: 3 }
            groups: { gateway: {}, control: { count: 2 } }
            """);
        MachinePlan plan = lab.Machines.Single(candidate => candidate.Name == machine);

        string text = ConfigWriter.Write(VirtualIpUserData.For(plan.VirtualIp!, plan));

        Golden.Matches(Path.Combine(Golden.Cases, "virtual-ip", $"{name}-{machine}.yaml"), text);
        Assert.Contains("\nbootcmd:\n", UserData.For(plan, lab, SeedPlans.HostKey, SeedPlans.AuthorizedKey).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("type: http, rise: 2", true)]
    [InlineData("type: http, body: \"a b\"", true)]
    [InlineData("type: http, body: ok_1-2", false)]
    [InlineData("type: https, fall: 9", false)]
    [InlineData("type: tcp, rise: 2", true)]
    public void Only_what_keepalived_cannot_do_is_checked_by_a_script(string check, bool script)
    {
        VirtualIp ip = Planned(Pair.Replace("type: http, path: /healthz, body: ok, interval: 5s, timeout: 3s, fall: 4", check, StringComparison.Ordinal)).VirtualIp!;

        Assert.Equal(script, KeepalivedConfig.Text(ip, "gateway0").Contains("MISC_CHECK", StringComparison.Ordinal));
        Assert.Equal(script, KeepalivedConfig.NeedsScript(ip.Check));
        if (script)
        {
            Assert.Contains("\nask() {", VirtualIpScripts.Check(ip), StringComparison.Ordinal);
            Assert.Equal(ip.Check.Type == VirtualIpCheckType.Tcp, VirtualIpScripts.Check(ip).Contains("ask() { connect -z \"$address\" 6443 || ", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("dhcp: { range: 10.77.0.90-10.77.0.110 }", "dhcp")]
    [InlineData("loadBalancer: 10.77.0.90-10.77.0.110", "loadBalancer")]
    public void A_range_that_is_handed_out_is_no_place_for_it(string key, string named)
    {
        string text = Pair.Replace("subnet: 10.77.0.0/24", "subnet: 10.77.0.0/24, " + key, StringComparison.Ordinal);

        Assert.Equal($"lab.yaml:5:12: virtualIp.address: 10.77.0.100 is in {named} (10.77.0.90-10.77.0.110), which is handed out to others", LabFiles.Text(LabFiles.Read(text)));
    }

    [Fact]
    public void The_file_of_the_certificates_is_one_that_the_lab_is_read_from()
    {
        string text = Pair.Replace("type: http,", "type: https, ca: ca.pem,", StringComparison.Ordinal);

        Assert.Equal(["ca.pem"], LabReader.ReferencedFiles(LabFiles.Source(text)));
        Assert.Contains("ca: 'ca.pem': no such file", LabFiles.Text(LabFiles.Read(text)), StringComparison.Ordinal);
        Lab lab = LabReader.Read(LabFiles.Source(text) with { Files = new Dictionary<string, SourceFile> { ["ca.pem"] = new(Certificate) } }, LabFiles.Images).LabOrThrow();
        Assert.Equal(Certificate, lab.VirtualIp!.Check.CaCertificates);
    }
}
