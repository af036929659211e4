using QemuLab.Engine.CloudInit;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.CloudInit;

/// <summary>Each folder of <c>cases/seeds</c> has the user's documents (<c>part*</c>) and the three texts of the seed.</summary>
public sealed class SeedGoldenTests
{
    [Theory]
    [InlineData("nothing-asked")]
    [InlineData("everything-asked")]
    [InlineData("documents-merged")]
    [InlineData("a-script-among-them")]
    [InlineData("locking-out")]
    public void The_seed_is_what_was_reviewed(string name)
    {
        string folder = Path.Combine(Golden.Cases, "seeds", name);
        string[] parts = Directory.Exists(folder) ? Directory.GetFiles(folder, "part*").Order(StringComparer.Ordinal).ToArray() : [];
        MachineSpec spec = SeedPlans.Spec("control0", [.. parts.Select(path => new UserDataPart(Path.GetFileName(path), File.ReadAllText(path)))]);
        LabPlan lab = SeedPlans.Lab(name == "everything-asked" ? Everything(spec) : spec, SeedPlans.Spec("worker0"));

        SeedContent seed = SeedPlans.Seed(lab);

        Golden.Matches(Path.Combine(folder, "user-data"), seed.UserData);
        Golden.Matches(Path.Combine(folder, "meta-data"), seed.MetaData);
        Golden.Matches(Path.Combine(folder, "network-config"), seed.NetworkConfig);
        Golden.Matches(Path.Combine(folder, "conflicts"), string.Concat(seed.Conflicts.Select(conflict => conflict + "\n")));
        Assert.Equal(seed.Conflicts, UserData.ConflictsOf(spec.UserData, "lab"));
    }

    private static MachineSpec Everything(MachineSpec spec) => spec with
    {
        SshKeys = ["ssh-ed25519 AAAAmine me@laptop"],
        Users = [new UserSpec("ann", ["ssh-rsa AAAAann ann@x"], Sudo: true, "/bin/sh"), new UserSpec("bob", [], Sudo: false, null)],
        PackageMirror = "http://mirror.local/debian/",
        Proxy = "http://10.77.0.2:3142",
    };
}
