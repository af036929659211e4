using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine.Qmp;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab vnc NAME</c>: lets QEMU show a machine's screen to a VNC viewer on this host.</summary>
internal static class VncCommand
{
    /// <summary>The protocol reads no more of it.</summary>
    private const int PasswordLength = 8;

    /// <summary>Where viewers look first.</summary>
    private const int FirstPort = 5900, LastPort = 5999;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public static Command Create(Cli cli)
    {
        Argument<string> name = new Argument<string>("name") { Description = "A machine with display: true" }.Completes(WordKind.Machine);
        var off = new Option<bool>("--off") { Description = "Listen no longer; who is connected stays until he leaves" };
        Option<bool> json = CommonOptions.Json("A JSON object: lab, machine, host, port, password");
        return new Verb("vnc", "Show a machine's screen to VNC viewers on this host, by a new password each time; its lab file needs display: true")
        {
            Examples = [("qemulab vnc desk", "address and password; from elsewhere: ssh -L 5900:127.0.0.1:5900 HOST"), ("qemulab vnc desk --off", "listen no longer; so does QEMU's end")],
            Arguments = { name },
            Options = { off, json },
        }.Runs(parse =>
        {
            MachineView machine = MachineNames.One(cli, parse.GetRequiredValue(name));
            bool ends = parse.GetValue(off);
            VncView? view = SetAsync(machine, ends).GetAwaiter().GetResult();
            if (ends || view is null)
            {
                cli.Terminal.Note($"{machine.Name} does not listen for VNC viewers");
            }
            else if (parse.GetValue(json))
            {
                JsonOutput.Write(cli.Terminal, view);
            }
            else
            {
                cli.Terminal.Out.WriteLine($"Address:  {view.Host}:{view.Port}\nPassword: {view.Password}\nViewer:   vncviewer {view.Host}::{view.Port}");
            }
        });
    }

    private static async Task<VncView?> SetAsync(MachineView machine, bool off)
    {
        await using QmpClient qmp = await PeoplesQmp.ConnectAsync(machine, Limit);
        return await MissingDisplay.ToldAsync(qmp, machine, async () =>
        {
            // Before anybody can connect; and at the end, so that the old one is of no use to anybody.
            string password = RandomNumberGenerator.GetString("abcdefghijkmnopqrstuvwxyz23456789", PasswordLength);
            await qmp.ExecuteAsync("set_password", arguments =>
            {
                arguments.WriteString("protocol", "vnc");
                arguments.WriteString("password", password);
            });
            if (off || await AddressAsync(qmp) is not { } known)
            {
                await qmp.ExecuteAsync("display-update", arguments => WriteAddresses(arguments, off));
            }

            return await AddressAsync(qmp) is { } address ? new VncView(machine.Lab, machine.Name, address.Host, address.Port, password) : null;
        });
    }

    private static void WriteAddresses(Utf8JsonWriter arguments, bool none)
    {
        arguments.WriteString("type", "vnc");
        arguments.WriteStartArray("addresses");
        if (!none)
        {
            arguments.WriteStartObject();
            arguments.WriteString("type", "inet");
            arguments.WriteString("host", "127.0.0.1");
            arguments.WriteString("port", FirstPort.ToString(CultureInfo.InvariantCulture));
            arguments.WriteNumber("to", LastPort);
            arguments.WriteEndObject();
        }

        arguments.WriteEndArray();
    }

    /// <summary>Where it listens; null: nowhere.</summary>
    private static async Task<(string Host, int Port)?> AddressAsync(QmpClient qmp)
    {
        JsonElement vnc = await qmp.ExecuteAsync("query-vnc");
        return vnc.GetProperty("enabled").GetBoolean() && vnc.TryGetProperty("host", out JsonElement host) && vnc.TryGetProperty("service", out JsonElement port)
            ? (host.GetString()!, int.Parse(port.GetString()!, CultureInfo.InvariantCulture))
            : null;
    }
}
