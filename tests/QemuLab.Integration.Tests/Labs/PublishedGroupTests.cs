using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>
/// Host ports that lead to a whole group, without any rights. Needs qemu-system-x86_64 and nasm: the image has no UDP server. One
/// lab for all steps: its start is most of the time.
/// </summary>
public sealed class PublishedGroupTests : IDisposable
{
    /// <summary>In network order two letters, which is how the guest's UDP server is told it.</summary>
    private const int UdpPort = 12341;

    private const string UdpPortLetters = "05";

    private readonly int web = TestPorts.Free();
    private readonly int names = TestPorts.Free(TransportProtocol.Udp);

    /// <summary>Open to the end, so that no client gets the port of one before it, whose machine it would get too.</summary>
    private readonly List<UdpClient> clients = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Lab => $$"""
        name: pub
        image: micro
        network: { mode: user }
        defaults: { cpus: 1, memory: 128MiB }
        groups:
          web:
            count: 3
            publish: ["{{web}}:80", "{{names}}:{{UdpPort}}/udp"]
            userData:
              write_files: [ { path: /www/name, content: "${machine.name}" } ]
        """;

    [Fact(Timeout = 300_000)]
    public async Task A_published_port_leads_to_each_machine_in_turn_whatever_else_ends()
    {
        byte[] server = await AssembleAsync();
        await using var home = new TestHome();
        string file = home.Write("lab.yaml", Lab);
        await home.OutputAsync("launch-all", file);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(n => ServeAsync(home, $"web{n}", server)));

        await Each_machine_has_its_turn("web0", "web1", "web2");
        await A_machine_that_refuses_or_was_stopped_or_killed_is_passed_over(home, file, server);
        await It_goes_on_without_a_daemon_and_comes_back_with_a_new_switch(home, file);
        await A_port_that_somebody_took_meanwhile_is_told(home, file);
        await Nothing_listens_after_down(home);
    }

    public void Dispose() => clients.ForEach(client => client.Dispose());

    private async Task Each_machine_has_its_turn(params string[] machines)
    {
        string[] turns = [.. machines, .. machines, .. machines];
        List<string> tcp = [], udp = [];
        for (int i = 0; i < turns.Length; i++)
        {
            tcp.Add(await FetchAsync());
            udp.Add(await AskAsync());
        }

        // Whose turn it is first is left open by what was asked before.
        Assert.Equal(turns.Order(StringComparer.Ordinal), tcp.Order(StringComparer.Ordinal));
        Assert.Equal(turns.Order(StringComparer.Ordinal), udp.Order(StringComparer.Ordinal));
        Assert.Equal(tcp[..machines.Length], tcp[machines.Length..(2 * machines.Length)]);
    }

    private async Task A_machine_that_refuses_or_was_stopped_or_killed_is_passed_over(TestHome home, string file, byte[] server)
    {
        await home.OutputAsync("exec", "web0", "--", "killall httpd");
        Assert.Equal(["web1", "web2"], (await FetchAsync(6)).Distinct().Order(StringComparer.Ordinal));
        await home.OutputAsync("exec", "web0", "--", "httpd -p 80 -h /www");

        await home.OutputAsync("stop", "web1", "--force");
        await Each_machine_has_its_turn("web0", "web2");

        ProcessIdentity killed = ProcessIdentity.FromPidFile(Path.Combine(home.Path, "run", "pub", "web2.pid"))!;
        killed.Kill();
        await killed.WaitForExitAsync(TimeSpan.FromSeconds(5), Cancellation);
        await Each_machine_has_its_turn("web0");

        await home.OutputAsync("launch-all", file);
        await ServeAsync(home, "web1", server);
        await ServeAsync(home, "web2", server);
        await Each_machine_has_its_turn("web0", "web1", "web2");
    }

    private async Task It_goes_on_without_a_daemon_and_comes_back_with_a_new_switch(TestHome home, string file)
    {
        ProcessIdentity daemon = ProcessIdentity.Of(home.DaemonProcess()!.Value)!;
        daemon.Kill();
        await daemon.WaitForExitAsync(TimeSpan.FromSeconds(5), Cancellation);
        await Each_machine_has_its_turn("web0", "web1", "web2");

        await KillSwitchAsync(home);
        await home.OutputAsync("launch-all", file);
        await Each_machine_has_its_turn("web0", "web1", "web2");
    }

    private async Task A_port_that_somebody_took_meanwhile_is_told(TestHome home, string file)
    {
        await KillSwitchAsync(home);
        await UntilFreeAsync();
        using (var holder = new TcpListener(IPAddress.Loopback, web))
        {
            holder.Start();
            CommandResult refused = await home.RunAsync("launch-all", file);
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains($"host port 127.0.0.1:{web}/tcp is taken by", refused.Error, StringComparison.Ordinal);
            Assert.Contains($"(pid {Environment.ProcessId})", refused.Error, StringComparison.Ordinal);
            Assert.Equal("web", (await AskAsync())[..3]);
        }

        await home.OutputAsync("launch-all", file);
        await Each_machine_has_its_turn("web0", "web1", "web2");
    }

    private async Task Nothing_listens_after_down(TestHome home)
    {
        await home.OutputAsync("down", "pub", "--force");

        Assert.True(PortProbe.IsFree(IPAddress.Loopback, web, TransportProtocol.Tcp));
        Assert.True(PortProbe.IsFree(IPAddress.Loopback, names, TransportProtocol.Udp));
    }

    private static async Task KillSwitchAsync(TestHome home)
    {
        ProcessIdentity process = ProcessIdentity.FromPidFile(Path.Combine(home.Path, "run", "pub", "switch.pid"))!;
        process.Kill();
        await process.WaitForExitAsync(TimeSpan.FromSeconds(5), Cancellation);
    }

    /// <summary>The first thread of a process can be gone while another one still holds the sockets.</summary>
    private async Task UntilFreeAsync()
    {
        while (!PortProbe.IsFree(IPAddress.Loopback, web, TransportProtocol.Tcp))
        {
            await Task.Delay(10, Cancellation);
        }
    }

    private async Task<string[]> FetchAsync(int times)
    {
        string[] answers = new string[times];
        for (int i = 0; i < times; i++)
        {
            answers[i] = await FetchAsync();
        }

        return answers;
    }

    /// <summary>The machine that answers, over a connection of its own.</summary>
    private async Task<string> FetchAsync()
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        return await client.GetStringAsync(new Uri($"http://127.0.0.1:{web}/name"), Cancellation);
    }

    /// <summary>The machine that answers a new client.</summary>
    private async Task<string> AskAsync()
    {
        var client = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        clients.Add(client);
        client.Connect(IPAddress.Loopback, names);
        Task<UdpReceiveResult> answer = client.ReceiveAsync(Cancellation).AsTask();
        while (!answer.IsCompleted)
        {
            // A datagram may be lost, as on any network.
            await client.SendAsync("who?"u8.ToArray(), Cancellation);
            await Task.WhenAny(answer, Task.Delay(1000, Cancellation));
        }

        return Encoding.ASCII.GetString((await answer).Buffer);
    }

    private static async Task ServeAsync(TestHome home, string machine, byte[] server)
    {
        string command = $"httpd -p 80 -h /www; echo {Convert.ToBase64String(server)} | base64 -d > /tmp/udp-name; chmod +x /tmp/udp-name; (/tmp/udp-name {UdpPortLetters} {machine} > /dev/null 2>&1 &); until netstat -lnu | grep -q :{UdpPort}; do :; done";
        await home.OutputAsync("exec", machine, "--", command);
    }

    private static async Task<byte[]> AssembleAsync([CallerFilePath] string here = "")
    {
        string folder = Directory.CreateTempSubdirectory("ql-").FullName;
        try
        {
            string assembled = Path.Combine(folder, "udp-name");
            var nasm = new Command("nasm", "-f", "bin", Path.Combine(Path.GetDirectoryName(here)!, "udp-name.asm"), "-o", assembled) { TimeLimit = TimeSpan.FromSeconds(30) };
            Assert.Equal("", (await new CommandRunner().RunAsync(nasm, Cancellation)).Error);
            return await File.ReadAllBytesAsync(assembled, Cancellation);
        }
        catch (CommandNotFoundException)
        {
            Assert.Skip("needs nasm: sudo apt-get install -y nasm");
            throw;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
