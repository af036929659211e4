using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Ssh;

namespace QemuLab.Engine.CloudInit;

/// <summary>
/// A machine's user-data: what QemuLab needs (<see cref="LabUserData"/>), with the user's documents merged over it in their
/// order. Mappings are merged, lists appended, and of two values the later one wins, save for what would lock QemuLab out
/// (<see cref="ProtectedKeys"/>).
/// </summary>
public sealed record UserData
{
    /// <summary>Begins with <c>#cloud-config</c>.</summary>
    public required string Text { get; init; }

    /// <summary>What of the user's documents was set aside, and why; warnings.</summary>
    public required IReadOnlyList<Diagnostic> Conflicts { get; init; }

    /// <exception cref="LabFileException">One of the machine's documents is wrong; every fault of all of them.</exception>
    public static UserData For(MachinePlan plan, LabPlan lab, HostKeyPair hostKey, string authorizedKey)
    {
        List<SeedDocument> documents = ReadAll(plan.Spec.UserData, out List<Diagnostic> faults);
        if (faults.Count > 0)
        {
            throw new LabFileException(faults);
        }

        var conflicts = new List<Diagnostic>();
        ConfigNode.Mapping merged = LabUserData.For(plan, lab, hostKey, authorizedKey);
        foreach (SeedDocument document in documents)
        {
            ConfigNode.Mapping allowed = ProtectedKeys.Remove(document, plan.LoginUser, conflicts);
            ConfigNode.Mapping joined = UserDataUsers.Join(merged, allowed, out ConfigNode.Mapping rest);
            merged = ConfigMerge.Merge(joined, rest);
        }

        return new UserData { Text = "#cloud-config\n" + ConfigWriter.Write(merged), Conflicts = conflicts };
    }

    /// <summary>The same <see cref="Conflicts"/> without a seed, for who plans. Documents that cannot be read have none.</summary>
    public static IReadOnlyList<Diagnostic> ConflictsOf(IReadOnlyList<UserDataPart> parts, string loginUser)
    {
        var conflicts = new List<Diagnostic>();
        foreach (SeedDocument document in ReadAll(parts, out _))
        {
            ProtectedKeys.Remove(document, loginUser, conflicts);
        }

        return conflicts;
    }

    private static List<SeedDocument> ReadAll(IReadOnlyList<UserDataPart> parts, out List<Diagnostic> faults)
    {
        faults = [];
        var documents = new List<SeedDocument>();
        for (int i = 0; i < parts.Count; i++)
        {
            try
            {
                documents.Add(SeedDocument.Read(parts[i], i + 1));
            }
            catch (LabFileException fault)
            {
                faults.AddRange(fault.Diagnostics);
            }
        }

        return documents;
    }
}
