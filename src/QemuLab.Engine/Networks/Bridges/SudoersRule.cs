using System.Globalization;
using System.Text;
using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Networks;

/// <summary>
/// What an administrator allows a user once, so that bridges need no root: sudo may start QemuLab's network helper, as that
/// very user, with three capabilities and no way to gain more. See sudoers(5), setpriv(1), capabilities(7).
/// </summary>
public static class SudoersRule
{
    /// <summary>The hidden verb that the helper is.</summary>
    public const string Verb = "network-helper";

    private const string Folder = "/etc/sudoers.d";

    /// <summary>Interfaces, routes and rules; captures, and the pings of dnsmasq; its ports 53 and 67.</summary>
    private static readonly string[] Capabilities = ["net_admin", "net_raw", "net_bind_service"];

    /// <summary>Where the rule of a user belongs. sudo passes over files with a dot in their names.</summary>
    public static string PathFor(string user) => $"{Folder}/qemulab-{user.Replace('.', '_')}";

    /// <summary>Whether an administrator may have put it there; a folder that cannot be looked into tells nothing, and then it is tried.</summary>
    internal static bool MayBeThere(string user)
    {
        try
        {
            // File.Exists says no to both.
            return Directory.GetFiles(Folder).Contains(PathFor(user));
        }
        catch (UnauthorizedAccessException)
        {
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The file's whole text.</summary>
    /// <param name="user">Who gets the right, and who the helper runs as.</param>
    /// <param name="group">The user's own group.</param>
    /// <param name="self">How to run this very program; its path is part of the rule.</param>
    /// <exception cref="QemuLabException">This host has no setpriv.</exception>
    public static string TextFor(TapOwner user, uint group, Command self)
    {
        Command allowed = HelperCommand(user.Id, group, self);
        string words = string.Join(' ', allowed.Arguments.Select(Escaped).Prepend(Escaped(allowed.Program)));
        return string.Create(CultureInfo.InvariantCulture, $"""
            # Lets {user.Name} have bridges of QemuLab's: the network helper runs as {user.Name}, and holds only {string.Join(", ", Capabilities)}:
            # whoever is {user.Name} can change the network of this host by it, and nothing else.
            {Escaped(user.Name)} ALL=(root) NOPASSWD: {words}

            """);
    }

    /// <summary>What the daemon runs, and what the rule allows word for word.</summary>
    /// <exception cref="QemuLabException">This host has no setpriv.</exception>
    internal static Command SudoFor(uint user, uint group, Command self)
    {
        Command allowed = HelperCommand(user, group, self);
        return new Command("sudo", ["-n", "--", allowed.Program, .. allowed.Arguments]);
    }

    private static Command HelperCommand(uint user, uint group, Command self)
    {
        string setpriv = NetworkPrivilege.Find("setpriv")
            ?? throw new QemuLabException(ErrorKind.Failed, "program-missing", "the network helper needs setpriv, which this host lacks", "run: sudo apt-get install -y util-linux");
        string held = string.Concat(Capabilities.Select(capability => ",+" + capability));
        return new Command(setpriv,
        [
            string.Create(CultureInfo.InvariantCulture, $"--reuid={user}"),
            string.Create(CultureInfo.InvariantCulture, $"--regid={group}"),
            "--init-groups",
            "--no-new-privs",
            "--bounding-set=-all" + held,
            "--inh-caps=-all" + held,
            "--ambient-caps=-all" + held,
            "--",
            self.Program,
            .. self.Arguments,
            Verb,
        ]);
    }

    /// <summary>In a command of sudoers these mean something.</summary>
    private static string Escaped(string word)
    {
        var text = new StringBuilder();
        foreach (char letter in word)
        {
            text.Append(",:=\\ *?[]!#".Contains(letter) ? "\\" : "").Append(letter);
        }

        return text.ToString();
    }
}
