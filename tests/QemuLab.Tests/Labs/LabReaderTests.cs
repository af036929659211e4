using System.Net;
using QemuLab.Engine.Disks;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Tests.Labs;

public sealed class LabReaderTests
{
    private const string Kubernetes = """
        name: k8s
        image: micro
        parameters: { workers: 3 }
        defaults: { cpus: 2, memory: 2GiB, disk: 20GiB, labels: { zone: z, tier: x } }
        network: { subnet: 10.77.0.0/24 }
        groups:
          gateway: { cpus: 1, memory: 512MiB, address: 10.77.0.10 }
          control: { count: 3, address: 10.77.0.11 }
          worker:
            count: ${workers}
            address: 10.77.0.14
            labels: { zone: a }
            machines: { worker2: { disk: 40GiB, ports: ["8080:80"] } }
        """;

    private static MachineSpec Only(string lines) => Assert.Single(LabFiles.Lab(LabFiles.OneMachine(lines)).Machines);

    [Fact]
    public void Groups_become_machines_in_the_files_order() =>
        Assert.Equal(
            ["gateway", "control0", "control1", "control2", "worker0", "worker1", "worker2"],
            LabFiles.Lab(Kubernetes).Machines.Select(machine => machine.Name.Value));

    [Fact]
    public void Addresses_count_up_from_the_groups_first() =>
        Assert.Equal(
            Enumerable.Range(10, 7).Select(n => $"10.77.0.{n}"),
            LabFiles.Lab(Kubernetes).Machines.Select(machine => machine.Address!.ToString()));

    [Fact]
    public void The_nearest_value_counts_and_labels_are_merged()
    {
        IReadOnlyList<MachineSpec> machines = LabFiles.Lab(Kubernetes).Machines;

        Assert.Equal((1, ByteSize.FromMiB(512)), (machines[0].Cpus, machines[0].Memory));
        Assert.Equal((2, ByteSize.FromGiB(2)), (machines[1].Cpus, machines[1].Memory));
        Assert.Equal(["20GiB", "20GiB", "40GiB"], machines.Skip(4).Select(machine => machine.Disk.ToString()));
        Assert.Equal([new("tier", "x"), new("zone", "a")], machines[6].Labels);
        Assert.Equal("127.0.0.1:8080:80/tcp", Assert.Single(machines[6].Ports).ToString());
    }

    [Fact]
    public void A_machine_of_which_nothing_is_said_has_the_defaults()
    {
        MachineSpec machine = Assert.Single(LabFiles.Lab("name: x\nimage: micro\ngroups:\n  a:\n").Machines);

        Assert.Equal((1, ByteSize.FromGiB(1), TimeSpan.FromSeconds(60)), (machine.Cpus, machine.Memory, machine.GracePeriod));
        Assert.Equal(new FirmwareSpec.ImageDefault(), machine.Firmware);
        Assert.Equal((null, null, null, null), (machine.Address, machine.Disk, machine.CpuModel, machine.Proxy));
    }

    [Fact]
    public void A_subnet_that_is_left_out_is_the_planners_to_choose() =>
        Assert.Null(LabFiles.Lab("name: x\nimage: micro\ngroups: { a: }").Networks[0].Subnet);

    [Fact]
    public void Ports_take_an_address_and_a_protocol() =>
        Assert.Equal(
            new PortForward(IPAddress.Any, 5353, 53, TransportProtocol.Udp),
            Assert.Single(Only("ports: [\"0.0.0.0:5353:53/udp\"]").Ports));

    [Theory]
    [InlineData("512MiB", 512L << 20)]
    [InlineData("2G", 2L << 30)]
    [InlineData("2GB", 2_000_000_000)]
    [InlineData("1.5 GiB", 3L << 29)]
    public void Sizes_are_read_as_people_write_them(string text, long bytes) =>
        Assert.Equal(bytes, Only($"memory: {text}").Memory.Bytes);

    [Theory]
    [InlineData("0s", 0)]
    [InlineData("2m", 120)]
    [InlineData("1m30s", 90)]
    public void Times_are_read_with_their_units(string text, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Only($"gracePeriod: {text}").GracePeriod);

    [Fact]
    public void A_kernel_of_the_users_is_found_from_the_lab_files_folder() =>
        Assert.Equal(
            new FirmwareSpec.DirectKernel("/labs/boot/vmlinuz", "/srv/initrd", "console=ttyS0 a=b,c"),
            Only("firmware: { kernel: boot/vmlinuz, initrd: /srv/initrd, append: \"console=ttyS0 a=b,c\" }").Firmware);

    [Fact]
    public void Further_disks_are_appended_and_a_nearer_one_takes_the_place_of_its_name()
    {
        const string text = """
            name: x
            image: micro
            defaults: { disks: [{ name: data, size: 1GiB }, { name: logs, size: 1GiB }] }
            groups:
              a: { disks: [{ name: more, size: 2GiB }, { name: data, size: 5GiB }] }
            """;

        Assert.Equal(
            [new DiskSpec("data", ByteSize.FromGiB(5)), new DiskSpec("logs", ByteSize.FromGiB(1)), new DiskSpec("more", ByteSize.FromGiB(2))],
            LabFiles.Lab(text).Machines[0].Disks);
    }

    [Fact]
    public void Users_and_keys_of_the_lab_come_before_the_machines()
    {
        const string key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
        string text = $"name: x\nimage: micro\nsshKeys: [{key} first]\nusers: [{{ name: alice, sudo: true, sshKeys: [{key}] }}]\n"
            + $"groups: {{ a: {{ sshKeys: [{key} second], users: [{{ name: bob, shell: /bin/bash }}] }} }}";

        MachineSpec machine = LabFiles.Lab(text).Machines[0];

        Assert.Equal([key + " first", key + " second"], machine.SshKeys);
        Assert.Equal(["alice True ", "bob False /bin/bash"], machine.Users.Select(user => $"{user.Name} {user.Sudo} {user.Shell}"));
        Assert.Equal([key], machine.Users[0].SshKeys);
    }

    [Fact]
    public void Arguments_for_QEMU_are_handed_on_as_they_are() =>
        Assert.Equal(["-device", "virtio-balloon-pci,id=b \"q\""], Only("qemuArgs: [-device, 'virtio-balloon-pci,id=b \"q\"']").QemuArgs);

    [Fact]
    public void More_memory_is_the_default_where_the_image_needs_it() =>
        Assert.Equal(
            ByteSize.FromGiB(3),
            LabReader.Read(LabFiles.Source(LabFiles.OneMachine("cpus: 1")), [LabFiles.Images[1] with { MinimumMemory = ByteSize.FromGiB(3) }]).LabOrThrow().Machines[0].Memory);

    [Fact]
    public void Shared_parts_may_be_written_once_with_an_anchor() =>
        Assert.Equal([3, 3], LabFiles.Lab("name: x\nimage: micro\ngroups: { a: &a { cpus: 3 }, b: *a }").Machines.Select(machine => machine.Cpus));

    [Fact]
    public void Ten_megabytes_are_refused() =>
        Assert.Equal("lab.yaml:1:1: the file has 10,485,760 characters: a lab file is at most 1 MiB", LabFiles.Text(LabFiles.Read(new string('#', 10 << 20))));

    [Theory]
    [InlineData("[", "lab.yaml:1:51: nested deeper than 50 levels")]
    [InlineData("{a: ", "lab.yaml:1:198: nested deeper than 50 levels")]
    [InlineData("- ", "lab.yaml:1:101: nested deeper than 50 levels")]
    public void Deep_nesting_is_refused(string opening, string fault) =>
        Assert.Equal(fault, LabFiles.Text(LabFiles.Read(string.Concat(Enumerable.Repeat(opening, 100_000)))));

    [Fact]
    public void An_unreadable_lab_throws_with_its_errors_only()
    {
        LabReading reading = LabFiles.Read(LabFiles.OneMachine("cpus: 0\nuserData: { packages: [a] }"));

        Assert.Equal(2, reading.Diagnostics.Count);
        LabFileException e = Assert.Throws<LabFileException>(reading.LabOrThrow);
        Assert.Equal("lab.yaml:5:11: cpus: '0' is out of range: write a whole number from 1 to 255", e.Message);
    }
}
