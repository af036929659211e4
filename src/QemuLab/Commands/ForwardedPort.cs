using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using QemuLab.Engine;

namespace QemuLab.Commands;

/// <summary>A port of this host that leads through a machine's SSH connection.</summary>
/// <param name="Address">Of this host.</param>
/// <param name="Port">Of this host; 0: any that is free.</param>
/// <param name="TargetHost">As the machine sees it.</param>
/// <param name="TargetPort">Of the target.</param>
internal sealed partial record ForwardedPort(IPAddress Address, int Port, string TargetHost, int TargetPort)
{
    /// <summary><c>80</c>, <c>8080:80</c>, <c>0:80</c>, <c>127.0.0.2:8080:80</c>, <c>5432:db.lab:5432</c>.</summary>
    /// <exception cref="QemuLabException">It is none of these.</exception>
    public static ForwardedPort Parse(string text)
    {
        string[] parts = text.Split(':');
        if (Form().IsMatch(text) && parts.All(part => !int.TryParse(part, CultureInfo.InvariantCulture, out int port) || port <= 65535))
        {
            int target = int.Parse(parts[^1], CultureInfo.InvariantCulture);
            bool hasAddress = parts.Length > 2 && IPAddress.TryParse(parts[0], out _) && parts[0].Contains('.', StringComparison.Ordinal);
            string[] rest = hasAddress ? parts[1..] : parts;
            if (target > 0 && int.TryParse(rest[0], CultureInfo.InvariantCulture, out int port) && rest.Length <= 3)
            {
                return new ForwardedPort(hasAddress ? IPAddress.Parse(parts[0]) : IPAddress.Loopback, port, rest.Length == 3 ? rest[1] : "localhost", target);
            }
        }

        throw new QemuLabException(ErrorKind.Usage, "port-invalid", $"'{text}' is not a port to forward", "such as 8080:80 (of this host, of the machine), 80, 0:80 (any free one), 5432:db:5432 (of a host that the machine reaches)");
    }

    /// <summary>As ssh's <c>-L</c> takes it.</summary>
    public string Rule => string.Create(CultureInfo.InvariantCulture, $"{Address}:{Port}:{TargetHost}:{TargetPort}");

    [GeneratedRegex(@"\A(?:\d{1,3}(?:\.\d{1,3}){3}:)?\d{1,5}(?::(?:[A-Za-z0-9.-]+:)?\d{1,5})?\z")]
    private static partial Regex Form();
}
