using QemuLab.Engine;
using QemuLab.Engine.Labs;

namespace QemuLab.Api;

/// <summary>A launch whose machines have not all come up, as an error.</summary>
internal static class LaunchFailure
{
    private const int MostNamed = 5;

    /// <exception cref="QemuLabException">A machine did not come up.</exception>
    public static void ThrowIfAny(LaunchOutcome outcome)
    {
        MachineLaunch[] failed = [.. outcome.Machines.Where(launch => launch.Outcome == MachineOutcome.Failed)];
        if (failed.Length > 0)
        {
            string each = string.Join('\n', failed.Select(Describe));
            string message = failed.Length == 1 ? each : $"{failed.Length} of {outcome.Machines.Count} machines did not come up\n{each}";
            throw new QemuLabException(failed[0].Kind ?? ErrorKind.Failed, "launch-failed", message, Advice(failed)) { ExitCode = failed[0].ExitCode };
        }
    }

    /// <summary>What to do for all of them: what one of several asks for may not be what another does.</summary>
    private static string Advice(MachineLaunch[] failed)
    {
        string?[] hints = [.. failed.Select(launch => launch.Hint).Distinct()];
        return (failed, hints) switch
        {
            (_, [{ } hint]) => hint,
            ([var only], _) => $"see: qemulab logs {only.Machine}",
            ({ Length: > MostNamed }, _) => "what to do for each: qemulab why --all",
            _ => $"what to do for each: qemulab why {string.Join(' ', failed.Select(launch => launch.Machine))}",
        };
    }

    /// <summary>Many errors begin with the machine's name already.</summary>
    private static string Describe(MachineLaunch launch)
    {
        string error = launch.Error ?? "it failed";
        return error.StartsWith(launch.Machine + ": ", StringComparison.Ordinal) || error.StartsWith(launch.Machine + " ", StringComparison.Ordinal) ? error : $"{launch.Machine}: {error}";
    }
}
