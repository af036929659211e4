using QemuLab.Engine.Labs;

namespace QemuLab.Daemon;

/// <summary>Tells builds of this program apart: a daemon of another build than the command line is replaced.</summary>
internal static class BuildId
{
    /// <summary>The version that people see, such as 0.1.0.</summary>
    public static string Version { get; } = typeof(BuildId).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>The compiler's fingerprint of both assemblies; the same source gives the same.</summary>
    public static string Build { get; } = $"{ModuleOf(typeof(BuildId))}{ModuleOf(typeof(LabStatus))}";

    private static string ModuleOf(Type type) => type.Module.ModuleVersionId.ToString("N")[..8];
}
