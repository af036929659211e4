namespace QemuLab.Engine.Hosts;

/// <summary>What is needed to build images here; without it, images can still be downloaded.</summary>
internal static class DoctorBuilderChecks
{
    public static IEnumerable<DoctorCheck> All(HostFacts facts, DoctorFindings findings)
    {
        foreach (BuilderTools builder in BuilderTools.All)
        {
            string name = $"builder of {builder.Image}";
            yield return findings.Packages == PackageTool.Apt
                ? Tools(name, builder, findings)
                : DoctorCheck.Warning(name, "builds on Debian and Ubuntu only", "use images that are downloaded, such as debian-12");
        }

        if (facts.Platform == HostPlatform.Linux)
        {
            yield return UserNamespaces(findings);
        }
    }

    private static DoctorCheck Tools(string name, BuilderTools builder, DoctorFindings findings)
    {
        IEnumerable<(string Package, string Program)> needed =
            builder.NeedsNamespace && !findings.IsRoot ? builder.Tools.Concat(BuilderTools.ForNamespaces) : builder.Tools;
        (string Package, string Program)[] missing = [.. needed.Where(tool => !findings.Programs.Contains(tool.Program))];
        return missing.Length == 0
            ? DoctorCheck.Ok(name, "all tools are here")
            : DoctorCheck.Warning(
                name,
                $"missing: {string.Join(", ", missing.Select(tool => tool.Program))}",
                Packages.Install(findings.Packages, missing.Select(tool => tool.Package).Distinct()));
    }

    private static DoctorCheck UserNamespaces(DoctorFindings findings)
    {
        const string name = "user namespaces";
        return findings switch
        {
            { IsRoot: true } => DoctorCheck.Ok(name, "not needed by root"),
            { NamespaceFault: { } fault } => DoctorCheck.Warning(
                name, $"denied ({fault}): debian-12-local cannot be built by this user",
                "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0 kernel.unprivileged_userns_clone=1 (whichever the kernel knows)"),
            { HasSubordinateIds: false } => DoctorCheck.Warning(
                name, $"{findings.User} has no range of ids in /etc/subuid and /etc/subgid: debian-12-local cannot be built by this user",
                $"sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {findings.User}"),
            _ => DoctorCheck.Ok(name, "allowed"),
        };
    }
}
