using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Networks;

/// <summary>
/// The one place that changes this host's network: interfaces by one <c>ip -batch</c>, rules by one <c>nft -f</c>, settings by
/// one <c>sysctl</c>, queues by one <c>tc -batch</c>. It knows nothing of labs.
/// </summary>
internal sealed class PrivilegedNetwork(ICommandRunner runner)
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(20);

    public async Task<IReadOnlyList<HostLink>> LinksAsync(CancellationToken cancellation) =>
        HostLink.Parse(await RunAsync("ip", ["-json", "-details", "address", "show"], null, cancellation));

    /// <summary>Interfaces whose IPv6 routes come from router advertisements.</summary>
    public Task<string> AdvertisedRoutesAsync(CancellationToken cancellation) => RunAsync("ip", ["-6", "-json", "route", "show", "proto", "ra"], null, cancellation);

    public Task<string> RulesAsync(CancellationToken cancellation) => RunAsync("nft", ["-j", "list", "ruleset"], null, cancellation);

    public Task ApplyLinksAsync(IEnumerable<string> lines, CancellationToken cancellation) => BatchAsync("ip", ["-batch", "-"], lines, cancellation);

    /// <summary>Changes interfaces, and shows all of them as they are then: one program in the place of two.</summary>
    public async Task<IReadOnlyList<HostLink>> ApplyAndShowLinksAsync(IEnumerable<string> lines, CancellationToken cancellation) =>
        HostLink.Parse(await RunAsync("ip", ["-json", "-details", "-batch", "-"], string.Concat(lines.Append("address show").Select(line => line + "\n")), cancellation));

    public Task ApplyQueuesAsync(IEnumerable<string> lines, CancellationToken cancellation) => BatchAsync("tc", ["-batch", "-"], lines, cancellation);

    public Task ApplyRulesAsync(string rules, CancellationToken cancellation) => RunAsync("nft", ["-f", "-"], rules, cancellation);

    /// <summary>The settings of these names; those that the kernel lacks are left out.</summary>
    public async Task<IReadOnlyDictionary<string, string>> SettingsAsync(IEnumerable<string> names, CancellationToken cancellation) =>
        Settings(await RunAsync("sysctl", ["-e", .. names], null, cancellation));

    /// <summary>The settings whose names match the pattern.</summary>
    public async Task<IReadOnlyDictionary<string, string>> SettingsLikeAsync(string pattern, CancellationToken cancellation) =>
        Settings(await RunAsync("sysctl", ["-e", "-a", "-r", pattern], null, cancellation));

    /// <param name="values">Written in this order; names that the kernel lacks (of an interface that has gone) are passed over.</param>
    /// <param name="cancellation">Stops in between.</param>
    public async Task ApplySettingsAsync(IEnumerable<KeyValuePair<string, string>> values, CancellationToken cancellation)
    {
        string[] assignments = [.. values.Select(value => $"{value.Key}={value.Value}")];
        if (assignments.Length > 0)
        {
            await RunAsync("sysctl", ["-q", "-e", "-w", .. assignments], null, cancellation);
        }
    }

    private async Task BatchAsync(string program, IReadOnlyList<string> arguments, IEnumerable<string> lines, CancellationToken cancellation)
    {
        string batch = string.Concat(lines.Select(line => line + "\n"));
        if (batch.Length > 0)
        {
            await RunAsync(program, arguments, batch, cancellation);
        }
    }

    private async Task<string> RunAsync(string program, IReadOnlyList<string> arguments, string? input, CancellationToken cancellation)
    {
        var command = new Command(NetworkPrivilege.Find(program) ?? program, arguments)
        {
            Input = input,
            TimeLimit = TimeLimit,
            Environment = new Dictionary<string, string?> { ["LC_ALL"] = "C" },
        };
        CommandResult result;
        try
        {
            result = await runner.RunAsync(command, cancellation);
        }
        catch (CommandNotFoundException cause)
        {
            throw NetworkPrivilege.Missing(program, cause);
        }

        return result.Succeeded ? result.Output
            : result.Error.Contains("Operation not permitted", StringComparison.Ordinal) ? throw NetworkPrivilege.NoNetAdmin()
            : throw new QemuLabException(ErrorKind.Failed, "network-refused", $"{program} {string.Join(' ', arguments)} {(result.TimedOut ? "did not end in time" : "failed")}: {result.Error.Trim()}");
    }

    /// <summary>Lines such as <c>net.ipv4.ip_forward = 1</c>.</summary>
    private static Dictionary<string, string> Settings(string output) => output.Split('\n')
        .Select(line => line.Split(" = ", 2))
        .Where(pair => pair.Length == 2)
        .ToDictionary(pair => pair[0], pair => pair[1].Trim(), StringComparer.Ordinal);
}
