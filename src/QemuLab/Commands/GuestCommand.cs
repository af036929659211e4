using System.ComponentModel;
using System.Diagnostics;
using System.IO.Pipes;
using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Engine.Ssh;

namespace QemuLab.Commands;

/// <summary>
/// A command in a guest, with pipes to it: over the connection that is open to the machine or, where there is none, by OpenSSH's
/// client, which makes one.
/// </summary>
internal sealed class GuestCommand : IDisposable
{
    private readonly MuxSession? session;
    private readonly Process? client;

    private GuestCommand(MuxSession session, Stream input, Stream output, Stream error)
    {
        this.session = session;
        (Input, Output, Error) = (input, new StreamReader(output), new StreamReader(error));
    }

    private GuestCommand(Process client)
    {
        this.client = client;
        (Input, Output, Error) = (client.StandardInput.BaseStream, client.StandardOutput, client.StandardError);
    }

    /// <summary>It was begun over the connection that was open.</summary>
    public bool IsInSession => session is not null;

    public Stream Input { get; }

    public StreamReader Output { get; }

    public StreamReader Error { get; }

    /// <exception cref="QemuLabException">There is no ssh on this host.</exception>
    public static GuestCommand Start(string controlPath, string config, MachineLoginView machine, string[] command) =>
        StartInSession(controlPath, command) ?? new GuestCommand(GuestShell.Start(
            new ProcessStartInfo("ssh", Engine.Ssh.SshCommand.For(config, machine.Name, command, RemoteTerminal.No).Arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true }));

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code; <see cref="GuestShell.SshFailed"/> may be the command's or say that there is no connection.</returns>
    public int Wait()
    {
        if (session is not null)
        {
            return session.Wait() ?? GuestShell.SshFailed;
        }

        client!.WaitForExit();
        return client.ExitCode;
    }

    /// <summary>Ends it here; what it does in the guest may go on.</summary>
    public void End()
    {
        session?.Dispose();
        try
        {
            client?.Kill();
        }
        catch (Exception gone) when (gone is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
        }
    }

    /// <summary>What it wrote can be read on: who holds the shared connection may still have some of it.</summary>
    public void Dispose()
    {
        session?.Dispose();
        client?.Dispose();
    }

    private static GuestCommand? StartInSession(string controlPath, string[] command)
    {
        var input = new AnonymousPipeServerStream(PipeDirection.Out);
        var output = new AnonymousPipeServerStream(PipeDirection.In);
        var error = new AnonymousPipeServerStream(PipeDirection.In);
        AnonymousPipeServerStream[] pipes = [input, output, error];
        MuxSession? session = MuxSession.Open(controlPath, Engine.Ssh.SshCommand.Line(command), input.ClientSafePipeHandle, output.ClientSafePipeHandle, error.ClientSafePipeHandle);
        Array.ForEach(pipes, pipe => pipe.DisposeLocalCopyOfClientHandle());
        if (session is null)
        {
            Array.ForEach(pipes, pipe => pipe.Dispose());
            return null;
        }

        return new GuestCommand(session, input, output, error);
    }
}
