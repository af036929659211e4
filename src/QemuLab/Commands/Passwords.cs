using System.Security.Cryptography;
using System.Text;
using QemuLab.Engine;
using QemuLab.Engine.CloudInit;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary>Passwords as they are typed or piped; what leaves here is their hash.</summary>
internal static class Passwords
{
    public static string Hash(string password) => Sha512Crypt.Hash(password, Sha512Crypt.Salt(RandomNumberGenerator.GetBytes(Sha512Crypt.SaltLength)));

    /// <summary>Of the first line of an input.</summary>
    /// <exception cref="QemuLabException">Nobody is to have it, or there is none.</exception>
    public static string HashOfInput(string? user, TextReader input) => user is null
        ? throw new QemuLabException(ErrorKind.Usage, "usage", "a password needs a user who has it", "name one: --user NAME")
        : input.ReadLine() is { Length: > 0 } password ? Hash(password)
        : throw new QemuLabException(ErrorKind.Usage, "password-missing", "standard input has no password", "write it on one line: echo PASSWORD | qemulab init --user NAME --password-stdin");

    /// <summary>Types it twice, unseen. Null: nothing was typed, so there is none.</summary>
    /// <exception cref="QemuLabException">The input ended.</exception>
    public static string? Ask(Terminal terminal, string question)
    {
        while (true)
        {
            string first = ReadUnseen(terminal, question);
            if (first.Length == 0)
            {
                return null;
            }

            if (ReadUnseen(terminal, "The same again: ") == first)
            {
                return Hash(first);
            }

            terminal.Error.WriteLine("These were not the same.");
        }
    }

    private static string ReadUnseen(Terminal terminal, string question)
    {
        terminal.Error.Write(question);
        var typed = new StringBuilder();
        while (true)
        {
            ConsoleKeyInfo key = Console.ReadKey(intercept: true);
            switch (key)
            {
                case { Key: ConsoleKey.Enter }:
                    terminal.Error.WriteLine();
                    return typed.ToString();
                case { Key: ConsoleKey.D, Modifiers: ConsoleModifiers.Control } when typed.Length == 0:
                    throw InitQuestions.Ended();
                case { Key: ConsoleKey.Backspace } when typed.Length > 0:
                    typed.Length--;
                    break;
                case { KeyChar: >= ' ' }:
                    typed.Append(key.KeyChar);
                    break;
            }
        }
    }
}
