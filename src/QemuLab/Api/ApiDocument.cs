using Microsoft.AspNetCore.OpenApi;

namespace QemuLab.Api;

/// <summary>What the OpenAPI document says beside the routes.</summary>
internal static class ApiDocument
{
    public static void Describe(OpenApiOptions options) => options.AddDocumentTransformer((document, _, _) =>
    {
        document.Info.Title = "QemuLab";
        document.Info.Version = Daemon.BuildId.Version;
        document.Info.Description = "Labs of QEMU machines. Served on the Unix socket daemon.sock in QemuLab's home, to its user only.";
        document.Servers?.Clear();
        return Task.CompletedTask;
    });
}
