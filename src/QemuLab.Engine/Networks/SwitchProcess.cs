using System.Globalization;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks.Balancing;
using QemuLab.Engine.Networks.Captures;

namespace QemuLab.Engine.Networks;

/// <summary>
/// The process behind <c>qemulab switch</c>: one thread that sleeps in poll(2) until a frame, a request or a signal comes.
/// It outlives the daemon, because the machines do.
/// </summary>
public sealed class SwitchProcess : IDisposable
{
    private const int ControlEntry = 1;
    private const int FirstPort = 2;

    private readonly NetworkPaths paths;
    private readonly FileStream held;
    private readonly SwitchLog log;
    private readonly DatagramPorts ports;
    private readonly PortBalancers balancers;
    private readonly SwitchMemory memory;
    private readonly SwitchControl control;
    private readonly AnonymousPipeServerStream wake = new(PipeDirection.Out);
    private readonly List<PosixSignalRegistration> signals = [];
    private volatile bool stopping;

    private SwitchProcess(NetworkPaths paths, TimeProvider time)
    {
        this.paths = paths;
        held = Hold(paths.SwitchLock);
        log = new SwitchLog(paths.SwitchLog, time);
        ports = new DatagramPorts(paths, time, new Random());
        balancers = new PortBalancers(new BalancerParts(machine => NetworkFiles.HasQemu(paths, machine), ports.Handshakes, time, log.Write));
        memory = new SwitchMemory(paths, ports, balancers, time, log);
        control = new SwitchControl(paths.SwitchControl, Answer, ports.Captures, () => new SwitchCapture(time, ports.Ports.Select(port => port.Name)));
    }

    public static string Version { get; } = typeof(SwitchProcess).Assembly.GetName().Version!.ToString(3);

    /// <summary>Runs until SIGTERM or <c>quit</c>; nothing of it is left then.</summary>
    /// <exception cref="QemuLabException">Another switch serves this folder (code <c>switch-runs</c>), or a socket cannot be bound.</exception>
    public static void Run(NetworkPaths paths, TimeProvider? time = null)
    {
        using var process = new SwitchProcess(paths, time ?? TimeProvider.System);
        process.Open();
        process.Serve();
    }

    public void Dispose()
    {
        balancers.Dispose();
        ports.Dispose();
        control.Dispose();
        signals.ForEach(signal => signal.Dispose());
        wake.Dispose();
        File.Delete(paths.SwitchPid);
        File.Delete(paths.SwitchLock);
        log.Write("ended");
        log.Dispose();
        held.Dispose();
    }

    private void Open()
    {
        On(PosixSignal.SIGHUP, stops: false);
        On(PosixSignal.SIGINT, stops: false);
        On(PosixSignal.SIGQUIT, stops: false);
        On(PosixSignal.SIGTERM, stops: true);
        ports.Reload();
        memory.Recall();
        AtomicFile.Write(paths.SwitchPid, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n"));
        log.Write($"started, pid {Environment.ProcessId}, ports: {string.Join(' ', ports.Ports.Select(port => port.Name))}");
        DetachedProcess.LetGo(paths.SwitchLog);
    }

    private void On(PosixSignal signal, bool stops) => signals.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        if (stops)
        {
            stopping = true;
            wake.WriteByte(0);
        }
    }));

    private void Serve()
    {
        int wakeHandle = (int)wake.ClientSafePipeHandle.DangerousGetHandle();
        var watched = new PollList();
        while (!stopping)
        {
            Watch(watched, wakeHandle);
            int portCount = ports.Ports.Count;
            int clientCount = control.Clients.Count;
            watched.Wait(ports.Flush());
            for (int i = 0; i < portCount; i++)
            {
                if (watched.IsReady(FirstPort + i))
                {
                    ports.Relay(ports.Ports[i]);
                }
            }

            // After the frames, because a request may change the ports; backwards, because a client that is served may leave the list.
            for (int i = clientCount - 1; i >= 0; i--)
            {
                if (watched.IsReady(FirstPort + portCount + i))
                {
                    control.Serve(control.Clients[i]);
                }
            }

            if (watched.IsReady(ControlEntry))
            {
                control.Accept();
            }

            memory.KeepLeases();
        }
    }

    /// <summary>The order of the entries: the wake-up, the control socket, the ports, the clients.</summary>
    private void Watch(PollList watched, int wakeHandle)
    {
        watched.Clear();
        watched.Add(wakeHandle);
        watched.Add(control.Handle);
        for (int i = 0; i < ports.Ports.Count; i++)
        {
            watched.Add(ports.Ports[i].Handle);
        }

        for (int i = 0; i < control.Clients.Count; i++)
        {
            watched.Add(control.Clients[i].Handle, control.Clients[i].Wanted);
        }
    }

    private SwitchAnswer Answer(SwitchRequest request)
    {
        switch (request)
        {
            case { Command: "version" }:
                return new SwitchAnswer { Version = Version, ProcessId = Environment.ProcessId };
            case { Command: "list" }:
                return new SwitchAnswer { Ports = [.. ports.Ports.Select(port => new SwitchPortStatus(port.Name, port.Kind, port.Counters))] };
            case { Command: "add-port", Port: { } port } when DatagramPorts.IsPortName(port):
                return Change($"port {port} added", () => ports.Add(port));
            case { Command: "remove-port", Port: { } port } when DatagramPorts.IsPortName(port):
                return Change($"port {port} removed", () => ports.Remove(port));
            case { Command: "configure", Configuration: { } configuration }:
                return Change($"knows {configuration.Machines.Count} machines and {configuration.Records.Count} records", () => memory.Configure(configuration));
            case { Command: "impair", Impairments: { } impairments }:
                return Change($"impaired links: {impairments.Links.Count}, partitions: {impairments.Partitions.Count}", () => memory.Impair(impairments));
            case { Command: "publish", Published: { } published }:
                IReadOnlyList<PublishedPort> refused = [];
                SwitchAnswer answer = Change($"serves {published.Count} host ports", () => refused = memory.Publish(published));
                return answer with { Refused = refused };
            case { Command: SwitchControl.Capture }:
                return new SwitchAnswer();
            case { Command: "quit" }:
                stopping = true;
                return new SwitchAnswer();
            default:
                return new SwitchAnswer { Error = $"no such request: {request.Command} {request.Port}" };
        }
    }

    private SwitchAnswer Change(string done, Action change)
    {
        try
        {
            change();
            log.Write(done);
            return new SwitchAnswer();
        }
        catch (Exception refused) when (refused is IOException or System.Net.Sockets.SocketException or ArgumentException or FormatException or UnauthorizedAccessException)
        {
            return new SwitchAnswer { Error = refused.Message };
        }
    }

    /// <summary>An flock, which ends with the process however it ends.</summary>
    private static FileStream Hold(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException cause)
        {
            throw new QemuLabException(ErrorKind.Conflict, "switch-runs", $"another switch holds {path}", cause: cause);
        }
    }
}
