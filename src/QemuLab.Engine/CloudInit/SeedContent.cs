using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Ssh;

namespace QemuLab.Engine.CloudInit;

/// <summary>The texts of a machine's seed. User-data holds the private host key, so this prints as its instance-id only.</summary>
public sealed record SeedContent
{
    /// <summary>Changes exactly when the seed's content does: cloud-init then takes the machine for a new instance.</summary>
    public required string InstanceId { get; init; }

    public required string MetaData { get; init; }

    public required string UserData { get; init; }

    public required string NetworkConfig { get; init; }

    /// <summary>What of the user's documents was set aside, as warnings.</summary>
    public IReadOnlyList<Diagnostic> Conflicts { get; init; } = [];

    /// <param name="authorizedKey">QemuLab's public key, one line.</param>
    /// <exception cref="LabFileException">One of the machine's user-data documents is wrong.</exception>
    public static SeedContent For(MachinePlan plan, LabPlan lab, HostKeyPair hostKey, string authorizedKey)
    {
        UserData userData = CloudInit.UserData.For(plan, lab, hostKey, authorizedKey);
        string network = CloudInit.NetworkConfig.For(plan);
        string instance = CloudInit.MetaData.InstanceId(plan.Name, userData.Text, network);
        return new SeedContent
        {
            InstanceId = instance,
            MetaData = CloudInit.MetaData.For(instance, plan.Name),
            UserData = userData.Text,
            NetworkConfig = network,
            Conflicts = userData.Conflicts,
        };
    }

    public override string ToString() => InstanceId;
}
