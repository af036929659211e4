using QemuLab.Engine.CloudInit;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;

namespace QemuLab.Tests.CloudInit;

public sealed class UserDataTests
{
    private static string Fault(string text, string origin = "control.yaml") =>
        Assert.Throws<LabFileException>(() => SeedPlans.Seed(SeedPlans.Lab(SeedPlans.Spec("a", new UserDataPart(origin, text))))).Message;

    [Theory]
    [InlineData("a: 1", "b: 2", "a: 1\nb: 2\n")]
    [InlineData("a: 1", "a: 2", "a: 2\n")]
    [InlineData("a: [x]", "a: [y]", "a:\n  - x\n  - y\n")]
    [InlineData("a: [x]", "a:", "a:\n  - x\n")]
    [InlineData("a: {b: 1}", "a: ~", "a:\n  b: 1\n")]
    [InlineData("a: {b: 1, c: {d: [x]}}", "a: {c: {d: [y], e: 2}, b: 3}", "a:\n  b: 3\n  c:\n    d:\n      - x\n      - y\n    e: 2\n")]
    [InlineData("a: [x]", "a: y", "a: y\n")]
    [InlineData("a: x", "a: {b: 1}", "a:\n  b: 1\n")]
    public void Mappings_are_merged_lists_appended_and_the_later_value_wins(string earlier, string later, string merged) =>
        Assert.Equal(merged, ConfigWriter.Write(ConfigMerge.Merge(ConfigReader.Read(earlier).Root, ConfigReader.Read(later).Root)));

    [Theory]
    [InlineData("#cloud-config\na: [1\n", "control.yaml:3:1: not valid YAML")]
    [InlineData("#cloud-config\n- a\n", "control.yaml:2:1: user-data is not a mapping")]
    [InlineData("a: 1\na: 2\n", "control.yaml:2:1: not valid YAML")]
    [InlineData("a: *x\n", "control.yaml:1:1: not valid YAML")]
    [InlineData("a: !mine x\n", "control.yaml:1:4: a YAML tag that QemuLab does not know")]
    [InlineData("a: 1\n---\nb: 2\n", "control.yaml:3:1: a second YAML document")]
    [InlineData("? [a]\n: b\n", "control.yaml:1:3: a key must be a single word")]
    [InlineData("#include\nhttp://x\n", "control.yaml:1:1: user-data is '#cloud-config' or a script")]
    [InlineData("## template: jinja\n#cloud-config\n", "control.yaml:1:1: user-data is '#cloud-config' or a script")]
    [InlineData("Content-Type: multipart/mixed\n", "control.yaml:1:1: user-data is '#cloud-config' or a script")]
    public void A_document_that_cannot_be_merged_is_an_error_with_its_place(string text, string message) =>
        Assert.StartsWith(message, Fault(text), StringComparison.Ordinal);

    [Fact]
    public void A_fault_inside_of_a_lab_file_names_the_place_of_its_block() =>
        Assert.StartsWith("lab.yaml:12:5: user-data line 2: not valid YAML", Fault("#cloud-config\na: ]\n", "lab.yaml:12:5"), StringComparison.Ordinal);

    [Theory]
    [InlineData("a: {b: hunter2, b: hunter2}")]
    [InlineData("a: *hunter2")]
    [InlineData("a: \"hunter2\\q\"")]
    [InlineData("a: hunter2: x")]
    [InlineData("a: !hunter2 x")]
    public void No_message_quotes_what_may_be_a_secret(string text) =>
        Assert.DoesNotContain("hunter2", Fault(text), StringComparison.Ordinal);

    [Fact]
    public void Aliases_that_grow_without_bounds_are_refused()
    {
        string bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(0, 8).Select(i =>
            $"{(char)('b' + i)}: &{(char)('b' + i)} [{string.Join(',', Enumerable.Repeat("*" + (char)('a' + i), 10))}]\n"));
        Assert.Contains("too many", Fault(bomb), StringComparison.Ordinal);
        Assert.Contains("too many or too deeply nested", Fault("a: " + new string('[', 100) + new string(']', 100)), StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_of_all_documents_are_told_at_once()
    {
        LabFileException fault = Assert.Throws<LabFileException>(() => SeedPlans.Seed("a: [", "b: 1", "#include\n"));
        Assert.Equal(["part1.yaml", "part3.yaml"], fault.Diagnostics.Select(diagnostic => diagnostic.File));
    }

    [Fact]
    public void The_instance_is_new_exactly_when_the_seed_says_something_else()
    {
        SeedContent seed = SeedPlans.Seed("a: 1");
        Assert.Matches("^control0-[0-9a-f]{16}$", seed.InstanceId);
        Assert.Equal(seed.InstanceId, SeedPlans.Seed("a:   1 # as before").InstanceId);
        Assert.NotEqual(seed.InstanceId, SeedPlans.Seed("a: 2").InstanceId);
        LabPlan longer = SeedPlans.Lab(SeedPlans.Spec("control0"), SeedPlans.Spec("worker0"));
        Assert.NotEqual(SeedPlans.Seed().InstanceId, SeedPlans.Seed(longer).InstanceId);
    }

    [Fact]
    public void Neither_the_seed_nor_the_key_prints_what_is_secret()
    {
        Assert.DoesNotContain("PRIVATE", SeedPlans.Seed().ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE", $"{SeedPlans.HostKey}", StringComparison.Ordinal);
    }

    [Fact]
    public void A_user_that_is_asked_for_twice_is_made_once_with_both_keys()
    {
        MachineSpec spec = SeedPlans.Spec("a", new UserDataPart("p", "users: [{name: ann, ssh_authorized_keys: [ssh-rsa two]}]")) with
        {
            Users = [new UserSpec("ann", ["ssh-rsa one"], Sudo: false, null)],
        };
        string text = SeedPlans.Seed(SeedPlans.Lab(spec)).UserData;
        Assert.Contains("  - name: ann\n    lock_passwd: true\n    ssh_authorized_keys:\n      - ssh-rsa one\n      - ssh-rsa two\n", text, StringComparison.Ordinal);
    }
}
