using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;

namespace QemuLab.Tests.Labs;

public sealed class SettingsTests
{
    private const string File = """
        name: x
        image: micro
        parameters: { workers: 1, image.tag: a, word: plain }
        defaults: { cpus: 1 }
        groups:
          gateway: { ports: ["8080:80"] }
          worker:
            count: ${workers}
            labels: { word: "${word}" }
        """;

    private static readonly string Valid = File.Replace(", image.tag: a", "", StringComparison.Ordinal);

    private static Lab With(params string[] settings) => LabFiles.Lab(Valid, settings);

    private static string Fault(string setting) => LabFiles.Text(LabFiles.Read(Valid, setting));

    [Fact]
    public void A_declared_parameter_comes_first() =>
        Assert.Equal(["gateway", "worker0", "worker1", "worker2"], With("workers=3").Machines.Select(machine => machine.Name.Value));

    [Fact]
    public void Any_key_is_set_by_its_path()
    {
        Lab lab = With(
            "image=debian-12", "defaults.memory=2GiB", "groups.worker.count=2", "groups.worker.machines.worker1.disk=40GiB",
            "groups.gateway.labels.example.org/zone=a", "groups.gateway.ports=[\"9090:90\", 91:91]", "network.domain=k8s.test",
            "groups.gateway.firmware.kernel=vmlinuz");

        Assert.Equal(["debian-12", "debian-12", "debian-12"], lab.Machines.Select(machine => machine.Image));
        Assert.Equal(ByteSize.FromGiB(2), lab.Machines[0].Memory);
        Assert.Equal([null, ByteSize.FromGiB(40)], lab.Machines.Skip(1).Select(machine => machine.Disk));
        Assert.Equal("a", lab.Machines[0].Labels["example.org/zone"]);
        Assert.Equal([9090, 91], lab.Machines[0].Ports.Select(port => port.HostPort));
        Assert.Equal("k8s.test", lab.Networks[0].Domain);
        Assert.Equal(new FirmwareSpec.DirectKernel("/labs/vmlinuz", null, null), lab.Machines[0].Firmware);
    }

    [Fact]
    public void The_last_of_two_counts() => Assert.Equal(4, With("workers=2", "workers=3").Machines.Count);

    [Fact]
    public void An_empty_value_takes_the_key_out() => Assert.Empty(With("groups.gateway.ports=").Machines[0].Ports);

    [Fact]
    public void A_value_may_hold_an_equals_sign() => Assert.Equal("a=b", With("description=a=b").Description);

    [Fact]
    public void A_parameters_value_keeps_its_type_where_it_stands_alone() =>
        Assert.Equal("lab.yaml:9:21: word: must be text, and '${word}' is a number: put it in quotes", Fault("word=5"));

    [Theory]
    [InlineData("workers", "--set: 'workers' is not a setting: write key=value, such as workers=5 or defaults.memory=1GiB")]
    [InlineData("wrokers=5", "--set: wrokers: no parameter and no key of that name (did you mean workers?)")]
    [InlineData("imag=micro", "--set: imag: 'imag' is not a key of the lab (did you mean image?)")]
    [InlineData("defaults.memroy=1GiB", "--set: defaults.memroy: 'memroy' is not a key of defaults (did you mean memory?)")]
    [InlineData("groups.workr.count=5", "--set: groups.workr.count: 'workr' is not there (did you mean worker?)")]
    [InlineData("groups.db.count=5", "--set: groups.db.count: 'db' is not there (there are gateway, worker)")]
    [InlineData("groups.worker.count.x=5", "--set: groups.worker.count.x: there is nothing below it that is called 'x'")]
    [InlineData("parameters.new=5", "--set: parameters.new: 'new' is not there (there are workers, word)")]
    [InlineData("image=mikro", "--set: image: there is no image 'mikro' (did you mean micro?)")]
    [InlineData("image=[micro", "--set: image: the value is not YAML: put quotes around it, such as --set 'key=\"a: b\"'")]
    [InlineData("defaults.memory=4", "--set: defaults.memory: '4' has no unit: write 4GiB or 4MiB")]
    [InlineData("defaults.cpus=no", "--set: defaults.cpus: must be a whole number from 1 to 255, not 'no'")]
    [InlineData("groups.worker.machines.worker7.cpus=2", "--set: groups.worker.machines.worker7.cpus: group worker has no machine 'worker7': it has worker0")]
    [InlineData("name=", "lab.yaml:1:1: name: missing: write a name such as web-1")]
    public void A_setting_that_does_not_fit_is_a_fault(string setting, string fault) => Assert.Equal(fault, Fault(setting));
}
