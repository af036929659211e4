using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Commands;

/// <summary><c>delete</c>: the real binary and the real routes over a lab of fakes.</summary>
public sealed class TrashCommandTests : IAsyncLifetime
{
    private FakeDaemon daemon = null!;

    public async ValueTask InitializeAsync() => daemon = await FakeDaemon.StartAsync("name: k8s\nimage: micro\ngroups: { web: { count: 2, labels: { role: web } } }\n");

    public ValueTask DisposeAsync() => daemon.DisposeAsync();

    [Theory]
    [InlineData("web")]
    [InlineData("-l", "role=web")]
    [InlineData("--all")]
    public async Task What_runs_is_not_deleted_whichever_way_it_is_named(params string[] chosen)
    {
        CommandResult refused = await daemon.RunAsync(["delete", .. chosen]);

        Assert.Equal((6, ""), (refused.ExitCode, refused.Output));
        Assert.Contains("error: web0 is Running, and is not deleted while it runs [QL0080]\nhint: stop it first: qemulab stop web0; or say that you mean it: --force\n", refused.Error, StringComparison.Ordinal);
        CommandResult forced = await daemon.RunAsync(["delete", "--force", .. chosen]);
        Assert.Equal((0, "k8s/web0: deleted\nk8s/web1: deleted\n"), (forced.ExitCode, forced.Output));
    }
}
